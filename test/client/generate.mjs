/** Writes the typed client of the contract into a folder: `node test/client/generate.mjs [FOLDER]`, by default the one that is checked in. */
import { createClient } from '@hey-api/openapi-ts';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

await createClient({
  input: join(here, '../../apps/api/contract/openapi.json'),
  output: {
    path: resolve(process.argv[2] ?? join(here, 'generated')),
    clean: true,
    tsConfigPath: null,
    // Its own code is not written for this project's strictness; its types hold for whoever calls it.
    header: ['// Generated from apps/api/contract/openapi.json by test/client/generate.mjs', '// @ts-nocheck'],
  },
  plugins: [{ name: '@hey-api/typescript', comments: false }, { name: '@hey-api/sdk', comments: false }, '@hey-api/client-fetch'],
  logs: { level: 'silent', file: false },
});
