/**
 * The rooms of the house and the arrows between them; anything not listed is forbidden. Data flows one way: apps → ledger → (formats,
 * projections, store) → domain. Specs beside the code are no part of the rooms and may import what they test with.
 *
 * rooms: may be imported · types: may be imported as types only · packages · builtins: Node's own modules, true for any.
 */
const ROOMS = {
  'libs/domain': { rooms: [], types: [], packages: ['luxon'], builtins: [] },
  'libs/projections': { rooms: ['libs/domain'], types: [], packages: [], builtins: ['crypto'] },
  'libs/store': { rooms: [], types: ['libs/domain'], packages: ['@photostructure/sqlite', '@kurrent/kurrentdb-client'], builtins: true },
  'libs/formats': { rooms: ['libs/domain'], types: [], packages: ['csv-parse', 'hyparquet-writer', 'luxon'], builtins: true },
  'libs/ledger': {
    rooms: ['libs/domain', 'libs/projections', 'libs/store', 'libs/formats'],
    types: [],
    packages: ['@nestjs/common', '@nestjs/core', '@nestjs/cqrs', 'rxjs', 'reflect-metadata', 'class-validator', 'class-transformer', 'ajv'],
    builtins: true,
  },
  'apps/api': {
    rooms: ['libs/ledger', 'libs/domain', 'libs/formats'],
    types: ['libs/projections', 'libs/store'],
    packages: [
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/platform-fastify',
      '@nestjs/swagger',
      'fastify',
      '@fastify/rate-limit',
      '@fastify/static',
      'prom-client',
      'jose',
      'pino',
    ],
    builtins: true,
  },
  'apps/cli': {
    rooms: ['apps/api', 'libs/ledger', 'libs/domain', 'libs/formats'],
    types: ['libs/projections'],
    packages: ['commander', 'luxon', 'vega-datasets'],
    builtins: true,
  },
};

const PRODUCTION = { path: '^(libs|apps)/', pathNot: '[.]spec[.]ts$' };
const NPM = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown'];

const oneOf = (names) => `(${names.map((name) => name.replaceAll('.', '[.]')).join('|')})`;

function roomRules([room, { rooms, types, packages, builtins }]) {
  const name = room.replace('/', '-');
  const from = { path: `^${room}/`, pathNot: '[.]spec[.]ts$' };
  const rules = [
    {
      name: `${name}-imports`,
      comment: `${room} imports ${rooms.concat(types.map((type) => `types of ${type}`)).join(', ') || 'nothing of ours'}`,
      from,
      to: { path: '^(libs|apps|test|bench|examples)/', pathNot: `^${oneOf([room, ...rooms, ...types])}/` },
    },
    {
      name: `${name}-packages`,
      comment: `${room} uses ${packages.join(', ') || 'no package'}`,
      from,
      to: { dependencyTypes: NPM, ...(packages.length === 0 ? {} : { pathNot: `(^|/)node_modules/${oneOf(packages)}/` }) },
    },
  ];
  if (types.length > 0) {
    rules.push({
      name: `${name}-types-only`,
      comment: `${room} knows ${types.join(', ')} by type only`,
      from,
      to: { path: `^${oneOf(types)}/`, dependencyTypesNot: ['type-only'] },
    });
  }
  if (builtins !== true) {
    rules.push({
      name: `${name}-builtins`,
      comment: `${room} is pure: of Node it uses ${builtins.join(', ') || 'nothing'}`,
      from,
      to: { dependencyTypes: ['core'], ...(builtins.length === 0 ? {} : { pathNot: `^(node:)?${oneOf(builtins)}$` }) },
    });
  }
  return rules;
}

module.exports = {
  forbidden: [
    ...Object.entries(ROOMS).flatMap(roomRules),
    { name: 'nothing-imports-apps', from: { pathNot: '^(apps|test)/' }, to: { path: '^apps/' } },
    {
      name: 'production-imports-no-test',
      from: PRODUCTION,
      to: { path: ['^(test|bench|examples)/', '[.]spec[.]ts$'] },
    },
    { name: 'production-uses-no-dev-package', from: PRODUCTION, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] } },
    { name: 'packages-are-declared', from: {}, to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] } },
    { name: 'imports-resolve', from: {}, to: { couldNotResolve: true } },
    { name: 'no-cycles', from: {}, to: { circular: true } },
    { name: 'no-barrels', from: {}, to: { path: '/index[.](ts|js)$', pathNot: 'node_modules' } },
  ].map((rule) => ({ severity: 'error', ...rule })),
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^test/client/generated/' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: 'specify',
    moduleSystems: ['cjs', 'es6'],
    builtInModules: { add: ['node:sqlite'] }, // from Node 22 on
    detectProcessBuiltinModuleCalls: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['require', 'node', 'import', 'types', 'default'] },
  },
};
