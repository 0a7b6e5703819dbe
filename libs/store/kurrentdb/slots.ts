/**
 * Where a process keeps its copy of a server's log: a folder for each ledger, in it one slot for each process that runs at the same time, numbered from 1. Invariant: a slot belongs
 * to one process at a time, by the kernel's lock; a ledger's folder belongs to one store. Deliberately absent: what is in a slot.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lockWriter, logFile } from '../embedded/files';
import { StoreError } from '../port';
import { type KurrentAddress, parseKurrentUrl } from './url';

const MAX_SLOTS = 64;

export interface Slot {
  readonly dir: string;
  readonly release: () => void;
}

/** Takes the first free slot, made when missing. Throws StoreError `unavailable` when the folder cannot be written, `locked` when all are taken. */
export function takeSlot(replica: string, address: KurrentAddress): Slot {
  for (let number = 1; number <= MAX_SLOTS; number++) {
    const dir = join(replica, address.folder, String(number));
    try {
      mkdirSync(dir, { recursive: true });
      return { dir, release: lockWriter(dir) };
    } catch (error) {
      if (error instanceof StoreError && error.fault === 'locked') continue;
      if (error instanceof StoreError) throw error;
      throw new StoreError('unavailable', `cannot keep a copy of the log in ${dir}: ${(error as Error).message}`, {}, { cause: error });
    }
  }
  throw new StoreError('locked', `${MAX_SLOTS} processes follow ${address.shown} from ${replica} already`);
}

/** The store that this machine has met at this address before must be the one there now; the first is remembered. Throws StoreError `foreign`. */
export function pinIdentity(replica: string, address: KurrentAddress, storeId: string): void {
  const dir = join(replica, address.folder);
  const file = join(dir, 'store-id');
  const pinned = existsSync(file) ? readFileSync(file, 'latin1').trim() : undefined;
  if (pinned === undefined) writeFileSync(file, `${storeId}\n`);
  else if (pinned !== storeId) throw foreign(dir, address, pinned, storeId);
}

/** Whether this machine has met a store at this address before. */
export function pinnedIdentity(replica: string, address: KurrentAddress): string | undefined {
  const file = join(replica, address.folder, 'store-id');
  return existsSync(file) ? readFileSync(file, 'latin1').trim() : undefined;
}

export function foreign(dir: string, address: KurrentAddress, pinned: string, storeId: string | undefined): StoreError {
  const found = storeId === undefined ? 'no store is there now' : `the store there now is ${storeId}`;
  return new StoreError('foreign', `${address.shown} held the store ${pinned} before, and ${found}; if that is meant, remove ${dir}`);
}

/** The slots in which this machine keeps a copy of the ledger's log. */
export function keptSlots(url: string, replica: string): string[] {
  const address = parseKurrentUrl(url);
  if ('rule' in address) throw new Error(`not a checked URL: ${address.rule}`);
  const dir = join(replica, address.folder);
  const names = existsSync(dir) ? readdirSync(dir).filter((name) => /^\d+$/.test(name)) : [];
  return names.map((name) => join(dir, name)).filter((slot) => existsSync(logFile(slot)));
}

/** Removes what this machine keeps of the ledger's log. Throws StoreError `locked` while a process uses it. */
export function forgetReplica(url: string, replica: string): void {
  const slots = keptSlots(url, replica);
  const unlocks: (() => void)[] = [];
  try {
    for (const slot of slots) unlocks.push(lockWriter(slot));
    for (const slot of slots)
      for (const file of ['log.db', 'derived.db'])
        for (const suffix of ['', '-wal', '-shm']) rmSync(join(slot, file + suffix), { force: true });
  } finally {
    for (const unlock of unlocks) unlock();
  }
}
