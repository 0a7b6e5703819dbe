/** Opening a ledger by the URL of its store: `sqlite:DIR`, the embedded default. */
import { resolve } from 'node:path';
import { refuse, RefusalError } from '../domain/refusal';
import { DerivedFile } from '../store/derived';
import { openEmbeddedStore } from '../store/embedded/store';
import { KEPT_VERSION, KeptModel } from './kept-model';
import { Ledger, type LedgerOptions } from './ledger';
import { type OnProgress, ReadModel } from './read-model';

/** The directory of an embedded store. Throws RefusalError for any other URL. */
export function storeDirectory(url: string): string {
  const match = /^sqlite:(.+)$/.exec(url);
  if (!match) throw new RefusalError(refuse('InvalidField', 'must be sqlite:DIR, such as sqlite:./data', { field: '--store', value: url }));
  return resolve(match[1]!);
}

/** Opens the store and what is kept beside it. Throws StoreError when it cannot be had in that mode. */
export async function openLedger(url: string, mode: 'write' | 'read', options: LedgerOptions, onProgress?: OnProgress): Promise<Ledger> {
  const dir = storeDirectory(url);
  const store = await openEmbeddedStore(dir, { mode, ...(options.clock ? { clock: options.clock } : {}) });
  const kept = new KeptModel(DerivedFile.open(dir, { version: KEPT_VERSION, storeId: store.storeId }));
  return new Ledger(store, await ReadModel.open(store, kept, onProgress), options);
}
