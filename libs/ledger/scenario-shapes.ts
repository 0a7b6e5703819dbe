/**
 * Shapes of scenarios and sweeps, as a JSON Schema (2020-12) that is published and checked with. What a scenario leaves out stays as recorded, null removes it. Deliberately absent:
 * what needs the fund (libs/projections/what-if/scenario.ts).
 */
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020';
import { SLIPPAGE_MODELS } from '../domain/fee-schedule';
import { refuse, type Refusal } from '../domain/refusal';
import { DECIMAL_SCHEMA, type JsonSchema, schemaOfClass } from './shape-rules';
import { Schedule, SlippageShape } from './term-shapes';

type Fields = Readonly<Record<string, JsonSchema>>;

const text = (max: number, description: string): JsonSchema => ({ type: 'string', minLength: 1, maxLength: max, description });
const decimal = (description: string): JsonSchema => ({ ...DECIMAL_SCHEMA, description });
const orNull = (schema: JsonSchema, description: string): JsonSchema => ({
  ...schema,
  type: [schema['type'] as string, 'null'],
  description,
});
const object = (properties: Fields, required: readonly string[] = []): JsonSchema => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});

const slippage = schemaOfClass(SlippageShape);

/** JSON Schema of one scenario. */
export const SCENARIO_SCHEMA: JsonSchema = object(
  {
    mode: {
      type: 'string',
      enum: ['restate', 're-decide'],
      description: 'restate: recorded quantities and flows stand; re-decide: the mandate is run again.',
    },
    feeSchedule: orNull(schemaOfClass(Schedule), 'Replaces the recorded charges of the kinds that it names; null: no charges.'),
    slippage: orNull(
      {
        ...slippage,
        properties: { ...(slippage['properties'] as Fields), model: { type: 'string', enum: ['recorded', ...SLIPPAGE_MODELS] } },
      },
      'How far from the mark trades are filled; null: not at all.',
    ),
    funding: orNull(
      object(
        {
          model: { type: 'string', enum: ['recorded', 'none', 'fixed'] },
          rate: decimal('Of fixed: the rate of each recorded settlement.'),
        },
        ['model'],
      ),
      'Funding of the recorded settlements; null: none.',
    ),
    mandate: orNull(
      object({
        resets: orNull(object({ cron: text(100, 'Five fields.'), zone: text(64, 'An IANA time zone.') }), 'Scheduled resets; null: none.'),
        band: orNull(
          object({ lower: decimal('Below the target leverage.'), upper: decimal('Above it.') }),
          'Signed bounds of the leverage; null: none.',
        ),
        sizing: { type: 'string', enum: ['exact', 'naive'] },
        maxStep: orNull(decimal(''), 'Largest notional of one trade as a share of NAV; null: no limit.'),
        maxPriceAge: orNull(text(16, ''), 'Older marks are stale; null: never.'),
      }),
      'What is changed of the mandates, with re-decide only; null: no mandate.',
    ),
    targetLeverage: decimal('L, with re-decide only.'),
  },
  ['mode'],
);

/** JSON Schema of a sweep. The combinations are checked as scenarios. */
export const SWEEP_SCHEMA: JsonSchema = object(
  {
    base: { type: 'object', description: 'A scenario.' },
    vary: {
      type: 'object',
      minProperties: 1,
      maxProperties: 12,
      additionalProperties: { type: 'array', minItems: 1, maxItems: 10_000 },
      description: 'Values by path, such as feeSchedule.rules[0].rate.value; every combination is a scenario.',
    },
  },
  ['base', 'vary'],
);

/** The first thing that is wrong with a scenario's shape. */
export function checkScenario(data: unknown): Refusal | undefined {
  return check('scenario', SCENARIO_SCHEMA, data);
}

export function checkSweep(data: unknown): Refusal | undefined {
  return check('sweep', SWEEP_SCHEMA, data);
}

const compiled = new Map<string, ValidateFunction>();

function check(name: string, schema: JsonSchema, data: unknown): Refusal | undefined {
  let validate = compiled.get(name);
  if (!validate) {
    // Loaded when it is needed: most processes check none.
    const { Ajv2020 } = require('ajv/dist/2020') as typeof import('ajv/dist/2020');
    validate = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false, verbose: true }).compile(schema);
    compiled.set(name, validate);
  }
  if (validate(data)) return undefined;
  return describe(name, validate.errors![0]!);
}

function describe(name: string, { keyword, instancePath, params, data, parentSchema }: ErrorObject): Refusal {
  const given = params as Readonly<Record<string, string>>;
  const of = data as Readonly<Record<string, unknown>>;
  switch (keyword) {
    case 'additionalProperties': {
      const field = given['additionalProperty']!;
      return refuse('UnknownField', `the ${name} has no such field`, { field: `${instancePath}/${field}`, value: of[field] });
    }
    case 'required':
      return refuse('InvalidField', 'must be given', { field: `${instancePath}/${given['missingProperty']}`, value: null });
    case 'enum':
      return refuse('InvalidField', `must be one of ${((parentSchema as JsonSchema)['enum'] as string[]).join(', ')}`, {
        field: instancePath,
        value: data,
      });
    case 'pattern':
    case 'anyOf':
      return refuse('InvalidField', 'must be a plain decimal string such as "12.50", or an id', { field: instancePath, value: data });
    case 'type':
      return refuse('InvalidField', `must be of type ${String(given['type']).replace(',', ' or ')}`, {
        field: instancePath || name,
        value: data,
      });
  }
  const rule = { minItems: 'must have at least one value', minProperties: 'must name at least one path' }[keyword];
  return refuse('InvalidField', rule ?? `breaks the schema's ${keyword} ${JSON.stringify((parentSchema as JsonSchema)[keyword])}`, {
    field: instancePath,
    value: data,
  });
}
