/** Unit, property, contract and end-to-end tests are jest projects' folders; `test/run.mjs` chooses among them. */
module.exports = {
  rootDir: __dirname,
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test'],
  testMatch: ['**/*.spec.ts'],
  transform: {
    '^.+\\.(t|j|mj)s$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          target: 'es2022',
          keepClassNames: true,
        },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Nest 12 and a few of its dependencies ship ES modules only; jest runs CommonJS.
  transformIgnorePatterns: [
    '/node_modules/(?!(@nestjs|jose|file-type|token-types|strtok3|@tokenizer|@borewit|uint8array-extras|cookie|content-disposition|hyparquet-writer|hyparquet)/)',
  ],
  testTimeout: 60000,
};
