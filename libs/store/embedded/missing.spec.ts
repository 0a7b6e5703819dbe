/** A store that is not there is missing, whoever asks: reading, checking and copying alike. */
import { join } from 'node:path';
import { tempDir } from '../../../test/support/temp';
import { backupStore } from './backup';
import { openEmbeddedStore } from './store';
import { verifyStore } from './verify';

const dir = (): string => join(tempDir(), 'nowhere');

test.each([
  ['reading', (): Promise<unknown> => openEmbeddedStore(dir(), { mode: 'read' })],
  ['checking', (): Promise<unknown> => verifyStore(dir())],
  ['copying', (): Promise<unknown> => backupStore(dir(), join(tempDir(), 'copy'))],
])('%s a store that is not there', async (_, ask) => {
  await expect(ask()).rejects.toMatchObject({ name: 'StoreError', fault: 'missing' });
});
