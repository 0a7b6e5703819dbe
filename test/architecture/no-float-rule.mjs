/**
 * The lint rule "no float touches money". Where money is computed it is a bigint; the rule closes every way by which a value becomes a
 * JavaScript number or a number gets a fraction: conversions, division, Math, formatting, literals, floating-point storage. What stays
 * allowed is what counts need: integer literals, + - * % and shifts, Math.min and Math.max, whole division as in Math.floor(a / b),
 * Number.isSafeInteger and its like.
 *
 * `allow` names the ways that one file may use (`conversion`, `division`, `math`, `storage`); the configuration gives the reason beside it.
 */
import ts from 'typescript';

const INTEGER_TOOLS = new Set([
  'isInteger',
  'isSafeInteger',
  'MAX_SAFE_INTEGER',
  'MIN_SAFE_INTEGER',
  'POSITIVE_INFINITY',
  'NEGATIVE_INFINITY',
]);
const INTEGER_MATH = new Set(['min', 'max']);
const WHOLE = new Set(['floor', 'ceil', 'trunc']);
const FLOAT_METHODS = new Set(['toFixed', 'toPrecision', 'toExponential', 'getFloat32', 'getFloat64', 'setFloat32', 'setFloat64']);
const NUMBER_MAKERS = new Set(['parseFloat', 'parseInt', 'globalThis']);
const FLOAT_ARRAYS = new Set(['Float32Array', 'Float64Array']);
const FRACTION = /^[\d_]*\.\d|^[\d_.]+e-/i;

export const noFloat = {
  meta: {
    type: 'problem',
    messages: {
      conversion: 'No float touches money: `{{name}}` makes a JavaScript number; amounts stay bigint (libs/domain/decimal.ts).',
      division: 'No float touches money: `{{name}}` of JavaScript numbers leaves the integers; use divRound on bigints.',
      math: 'No float touches money: `Math.{{name}}` works on floats; counts have Math.min, Math.max and Math.floor(a / b).',
      format: 'No float touches money: `{{name}}` is for floats; use formatFixed or formatRatio.',
      storage: 'No float touches money: `{{name}}` holds floats.',
      literal: 'No float touches money: the literal `{{name}}` has a fraction; write units of 10^-scale as a bigint.',
    },
    schema: [
      {
        type: 'object',
        properties: { allow: { type: 'array', items: { enum: ['conversion', 'division', 'math', 'storage'] }, uniqueItems: true } },
        additionalProperties: false,
      },
    ],
  },
  create(context) {
    const allowed = new Set(context.options[0]?.allow ?? []);
    const services = context.sourceCode.parserServices;
    const checker = services.program.getTypeChecker();

    const report = (node, messageId, name) => {
      if (!allowed.has(messageId)) context.report({ node, messageId, data: { name } });
    };
    const isBigInt = (node) => {
      const type = checker.getBaseConstraintOfType(services.getTypeAtLocation(node)) ?? services.getTypeAtLocation(node);
      return (type.isUnion() ? type.types : [type]).every((part) => (part.flags & ts.TypeFlags.BigIntLike) !== 0);
    };
    const arithmetic = (node, operator) => {
      if (!isBigInt(node.left)) report(node, 'division', operator);
    };
    /** Math.floor(a / b), and likewise ceil and trunc: the call, from its quotient. */
    const wholeDivision = (node) =>
      node?.type === 'BinaryExpression' &&
      node.operator === '/' &&
      node.parent.type === 'CallExpression' &&
      node.parent.arguments[0] === node
        ? node.parent
        : undefined;
    const isWholeMath = (callee) =>
      callee.type === 'MemberExpression' && !callee.computed && callee.object.name === 'Math' && WHOLE.has(callee.property.name);
    /** `Number.isInteger` and `Math.max` are fine; the bare object, a computed member and every other member are not. */
    const memberOf = (node, tools) => {
      const { parent } = node;
      const name = parent.type === 'MemberExpression' && parent.object === node && !parent.computed ? parent.property.name : undefined;
      return { fine: name !== undefined && tools.has(name), name };
    };

    return {
      Identifier(node) {
        if (node.parent.type === 'MemberExpression' && node.parent.property === node && !node.parent.computed) {
          if (FLOAT_METHODS.has(node.name)) report(node, 'format', node.name);
          return;
        }
        if (node.parent.type === 'Property' && node.parent.key === node && !node.parent.computed) return;
        if (NUMBER_MAKERS.has(node.name)) report(node, 'conversion', node.name);
        if (FLOAT_ARRAYS.has(node.name)) report(node, 'storage', node.name);
        if (node.name === 'Number') {
          const { fine, name } = memberOf(node, INTEGER_TOOLS);
          if (!fine) report(node, 'conversion', name === undefined ? 'Number' : `Number.${name}`);
        }
        if (node.name === 'Math') {
          const { fine, name } = memberOf(node, INTEGER_MATH);
          const call = node.parent.parent;
          const whole = isWholeMath(node.parent) && call.type === 'CallExpression' && wholeDivision(call.arguments[0]) === call;
          if (!fine && !whole) report(node, 'math', name ?? '*');
        }
      },
      UnaryExpression(node) {
        if (node.operator === '+') report(node, 'conversion', 'unary +');
      },
      BinaryExpression(node) {
        const call = wholeDivision(node);
        if (call && isWholeMath(call.callee)) return;
        if (node.operator === '/' || node.operator === '**') arithmetic(node, node.operator);
      },
      AssignmentExpression(node) {
        if (node.operator === '/=' || node.operator === '**=') arithmetic(node, node.operator);
      },
      Literal(node) {
        if (typeof node.value === 'number' && FRACTION.test(node.raw)) report(node, 'literal', node.raw);
      },
    };
  },
};
