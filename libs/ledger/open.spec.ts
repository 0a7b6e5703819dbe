import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreError } from '../store/port';
import { openLedger } from './open';

describe('opening a ledger', () => {
  it.each(['a file', 'below a file'])('says that the store cannot be had when its folder is %s', async (place) => {
    const dir = mkdtempSync(join(tmpdir(), 'navledger-open-'));
    try {
      const file = join(dir, 'file');
      writeFileSync(file, 'text');
      const url = `sqlite:${place === 'a file' ? file : join(file, 'store')}`;
      const fault = await openLedger({ url, replica: dir }, 'write', { actor: 'test' }).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(StoreError);
      expect((fault as StoreError).fault).toBe('unavailable');
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
});
