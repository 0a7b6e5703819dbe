/** Opening a store, and the ledger on it, by its URL: `sqlite:DIR`, the embedded default, or `kurrentdb://…`, a server or cluster. */
import { existsSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { refuse, RefusalError } from '../domain/refusal';
import { DerivedFile } from '../store/derived';
import { openEmbeddedStore } from '../store/embedded/store';
import { isKurrentUrl, parseKurrentUrl, redacted } from '../store/kurrentdb/url';
import type { EventStore } from '../store/port';
import { KEPT_VERSION, KeptModel } from './kept-model';
import { Ledger, type LedgerOptions } from './ledger';
import { ReadModel } from './read-model';

/** A store's URL as it may be shown: without its password. */
export const shownUrl = redacted;

export interface StorePlace {
  readonly url: string;
  /** Folder for what this machine keeps of servers' logs. */
  readonly replica: string;
}

/** A store and the folder in which what is derived from it is kept. */
export interface OpenedStore {
  readonly store: EventStore;
  readonly dir: string;
}

/** Events that were read; how many there are is not always known. */
export type OpenProgress = (done: number, total?: number) => void;

/** The directory of an embedded store. Throws RefusalError for any other URL; `instead` is what to do with a server's. */
export function storeDirectory(url: string, instead = 'must be sqlite:DIR, such as sqlite:./data'): string {
  const match = /^sqlite:(.+)$/.exec(url);
  if (!match)
    throw new RefusalError(refuse('InvalidField', isKurrentUrl(url) ? instead : RULE, { field: '--store', value: redacted(url) }));
  return resolve(match[1]!);
}

const RULE = 'must be sqlite:DIR, such as sqlite:./data, or kurrentdb://HOST…';

/** Throws RefusalError for a URL that names no store. */
export function checkStoreUrl(url: string, field = '--store'): void {
  const parsed = isKurrentUrl(url) ? parseKurrentUrl(url) : undefined;
  const rule = parsed ? ('rule' in parsed ? parsed.rule : undefined) : /^sqlite:.+$/.test(url) ? undefined : RULE;
  if (rule !== undefined) throw new RefusalError(refuse('InvalidField', rule, { field, value: redacted(url) }));
}

/** Whether two URLs, both checked, name one place. */
export function samePlace(a: string, b: string): boolean {
  const [x, y] = [a, b].map((url) => {
    const address = isKurrentUrl(url) ? parseKurrentUrl(url) : undefined;
    if (address && 'folder' in address) return address.folder;
    const dir = storeDirectory(url);
    return existsSync(dir) ? realpathSync(dir) : dir;
  });
  return x === y;
}

/** The folder of what belongs to a store on this machine and to no process alone: tokens. Throws RefusalError for a URL that names no store. */
export function localFolder({ url, replica }: StorePlace): string {
  checkStoreUrl(url);
  return isKurrentUrl(url) ? resolve(replica) : storeDirectory(url);
}

/** Throws StoreError when it cannot be had in that mode, RefusalError for a URL that names no store. `onProgress`: events of a server's log that are taken in first. */
export async function openStore(
  { url, replica }: StorePlace,
  mode: 'write' | 'read',
  clock?: () => bigint,
  onProgress?: OpenProgress,
): Promise<OpenedStore> {
  checkStoreUrl(url);
  const options = { mode, ...(clock ? { clock } : {}) };
  if (!isKurrentUrl(url)) {
    const dir = storeDirectory(url);
    return { store: await openEmbeddedStore(dir, options), dir };
  }
  // Its client takes half a second to load.
  const { openKurrentStore } = require('../store/kurrentdb/store') as typeof import('../store/kurrentdb/store');
  const store = await openKurrentStore(url, {
    ...options,
    replica: resolve(replica),
    ...(onProgress ? { onProgress } : {}),
  });
  return { store, dir: store.dir };
}

/** Opens the store and what is kept beside it. Throws like {@link openStore}. */
export async function openLedger(
  place: StorePlace,
  mode: 'write' | 'read',
  options: LedgerOptions,
  onProgress?: OpenProgress,
): Promise<Ledger> {
  const { store, dir } = await openStore(place, mode, options.clock, onProgress);
  const kept = new KeptModel(DerivedFile.open(dir, { version: KEPT_VERSION, storeId: store.storeId }));
  return new Ledger(store, await ReadModel.open(store, kept, onProgress), options);
}
