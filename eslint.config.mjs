import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { noFloat } from './test/architecture/no-float-rule.mjs';

/** Rooms in which money is computed: no float at all, except what the list below allows some files, with the reason. */
const MONEY_ROOMS = ['libs/domain', 'libs/projections', 'libs/formats', 'libs/ledger', 'libs/books'];
const MAY = [
  { files: 'libs/domain/instant.ts', allow: ['conversion'], reason: 'milliseconds, seconds and offset hours: calendar, not money' },
  { files: 'libs/domain/cron.ts', allow: ['conversion'], reason: 'minutes, hours and days of a cron line: calendar, not money' },
  {
    files: 'libs/projections/tape/*.ts',
    allow: ['conversion', 'division', 'math', 'storage'],
    reason: 'offsets in columns are whole numbers below 2^53, found exact when they are packed; values leave as bigints',
  },
  {
    files: 'libs/formats/{file-decimals,price-columns}.ts',
    allow: ['conversion', 'storage'],
    reason: 'units read digit by digit into whole numbers while they are safe integers, else bigints; values leave as bigints',
  },
  { files: 'libs/ledger/{envelope,arguments}.ts', allow: ['conversion'], reason: 'revisions and log positions: counts' },
  {
    files: 'libs/ledger/{log-file,adopt-log}.ts',
    allow: ['conversion'],
    reason: 'positions and revisions: counts; the first 48 bits of ids',
  },
  { files: 'libs/formats/gaps.ts', allow: ['conversion'], reason: 'how many candles are missing: a count' },
];

export default defineConfig(
  { ignores: ['dist/', 'dist.*/', 'data/', 'coverage/', 'node_modules/', 'test/client/generated/'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeCheckedOnly],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { allowDefaultCaseForExhaustiveSwitch: false }],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }], // what is loaded late is typed by import()
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/only-throw-error': ['error', { allowThrowingUnknown: true, allowThrowingAny: true }],
      '@typescript-eslint/no-require-imports': 'off', // what is loaded late, so that a cold start stays short
      '@typescript-eslint/unbound-method': 'off', // strikes at functions that need no `this`
      '@typescript-eslint/require-await': 'off', // an async method of a port may have nothing to wait for
      eqeqeq: 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file that holds the subject.' },
      ],
    },
  },
  {
    files: ['libs/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    files: ['**/*.spec.ts', 'test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off', // tests read JSON that they assert on
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.cjs', 'bin/navledger'],
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: MONEY_ROOMS.map((room) => `${room}/**/*.ts`),
    ignores: ['**/*.spec.ts'],
    plugins: { navledger: { rules: { 'no-float': noFloat } } },
    rules: { 'navledger/no-float': 'error' },
  },
  ...MAY.map(({ files, allow }) => ({ files: [files], ignores: ['**/*.spec.ts'], rules: { 'navledger/no-float': ['error', { allow }] } })),
);
