/**
 * Looking after a ledger's store by its URL: checking it, making what is derived anew, copies. Invariant: what `inspect` finds is found from the log alone, folded
 * anew, beside what was kept.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { FundRecord } from '../domain/fund-record';
import { formatInstant, type Instant } from '../domain/instant';
import type { PriceView } from '../domain/price-view';
import { storeRecord } from '../projections/state-log';
import { DerivedFile } from '../store/derived';
import { type BackupResult, backupStore, restoreStore } from '../store/embedded/backup';
import { type Progress, type Verification, verifyStore } from '../store/embedded/verify';
import { isKurrentUrl } from '../store/kurrentdb/url';
import { StoreError } from '../store/port';
import { KEPT_VERSION, KeptModel } from './kept-model';
import { checkStoreUrl, openLedger, type OpenProgress, openStore, storeDirectory, type StorePlace } from './open';
import { ReadModel } from './read-model';

const BEFORE_ALL = -(1n << 63n);
const FOREVER = 1n << 62n;

export interface Inspection {
  /** Position of the last event, -1 when there is none, and the chain hash after it. */
  readonly position: number;
  readonly hash: string;
  /** Whether the log could be compared with the note of its end that is kept beside it. */
  readonly anchored: boolean;
  /** One line each; empty when all is well. */
  readonly findings: readonly { readonly part: Verification['findings'][number]['part'] | 'derived'; readonly message: string }[];
}

/**
 * Checks every stored byte, then compares what is kept beside the log with what the log says. Changes nothing. Throws StoreError `missing`, `foreign`, `newer`.
 */
export async function inspect(place: StorePlace, onProgress?: Progress, signal?: AbortSignal): Promise<Inspection> {
  const verified = isKurrentUrl(place.url)
    ? await verifyCopies(place, onProgress, signal)
    : await verifyStore(storeDirectory(place.url), onProgress, signal);
  const { findings, position, hash, anchored } = verified;
  // What is derived from a damaged log says nothing.
  const derived = findings.length > 0 ? [] : await inspectDerived(place);
  return { position, hash, anchored, findings: [...findings, ...derived.map((message) => ({ part: 'derived' as const, message }))] };
}

/** Reads a server's whole log anew, numbers and chains it, and compares every copy of it on this machine with that, byte by byte. */
async function verifyCopies({ url, replica }: StorePlace, onProgress?: Progress, signal?: AbortSignal): Promise<Verification> {
  const { keptSlots } = require('../store/kurrentdb/slots') as typeof import('../store/kurrentdb/slots');
  checkStoreUrl(url);
  const kept = resolve(replica);
  mkdirSync(kept, { recursive: true });
  const anew = mkdtempSync(join(kept, 'doctor-'));
  try {
    const { store: log } = await openStore({ url, replica: anew }, 'read', undefined, (events) => onProgress?.({ events, of: events }));
    try {
      const findings: Verification['findings'][number][] = [];
      for (const slot of keptSlots(url, kept)) {
        const copy = await verifyStore(slot, onProgress, signal);
        for (const { part, message } of copy.findings) findings.push({ part, message: `in ${slot}: ${message}` });
        const hash = log.hashAt(copy.position);
        if (hash !== undefined && hash !== copy.hash)
          findings.push({ part: 'database', message: `in ${slot}: the log is not the server's at position ${copy.position} or before` });
      }
      const { position, hash } = log.head();
      return { position, hash, anchored: true, findings };
    } finally {
      await log.close();
    }
  } finally {
    rmSync(anew, { recursive: true, force: true });
  }
}

async function inspectDerived(place: StorePlace): Promise<string[]> {
  const ledger = await openLedger(place, 'read', { actor: '' });
  try {
    return await ledger.ask(async (model) => differences(model, await ReadModel.open(model.store)));
  } finally {
    await ledger.close();
  }
}

async function differences(kept: ReadModel, anew: ReadModel): Promise<string[]> {
  const found: string[] = [];
  for (const [stream, { tape, listing }] of anew.instruments) {
    const mine = kept.instruments.get(stream);
    const at = mine ? firstDifference(mine.tape.view(), tape.view()) : undefined;
    if (JSON.stringify(mine?.listing) !== JSON.stringify(listing)) found.push(`the kept listing of ${stream} is not the log's`);
    else if (at !== undefined) found.push(`the kept prices of ${stream} differ from the log's from ${formatInstant(at)} on`);
  }
  for (const [stream, { fund, ending }] of kept.funds) {
    const folded = await anew.fold(stream, anew.position);
    if (!folded || recordText(fund) !== recordText(folded.fund)) found.push(`the kept states of ${stream} differ from the log's`);
    else if (ending.at(FOREVER) !== folded.ending.at(FOREVER)) found.push(`the kept ending of ${stream} differs from the log's`);
  }
  return found;
}

/** The first instant at which two views have different ticks. */
function firstDifference(a: PriceView, b: PriceView): Instant | undefined {
  for (let t = BEFORE_ALL; ;) {
    const [x, y] = [a.next(t), b.next(t)];
    if (!x && !y) return undefined;
    if (x?.at !== y?.at || x?.price !== y?.price) return !y || (x && x.at < y.at) ? x!.at : y.at;
    t = x!.at;
  }
}

function recordText(fund: FundRecord): string {
  return JSON.stringify(storeRecord(fund, (chunk) => chunk));
}

/**
 * Forgets what is derived and makes it anew from the log, with every portfolio folded. Another process may write meanwhile. Throws StoreError `missing`, `unavailable` (nothing
 * can be kept beside the log) and what opening a store for reading throws.
 */
export async function rebuild(
  place: StorePlace,
  onProgress?: OpenProgress,
): Promise<{ readonly events: number; readonly portfolios: number; readonly instruments: number }> {
  if (isKurrentUrl(place.url)) {
    const { forgetReplica } = require('../store/kurrentdb/slots') as typeof import('../store/kurrentdb/slots');
    checkStoreUrl(place.url);
    forgetReplica(place.url, resolve(place.replica));
  }
  const { store, dir } = await openStore(place, 'read', undefined, onProgress);
  try {
    const derived = DerivedFile.open(dir, { version: KEPT_VERSION, storeId: store.storeId });
    if (derived.file === undefined) throw new StoreError('unavailable', `what is derived cannot be kept: ${dir} cannot be written`);
    const kept = new KeptModel(derived);
    kept.clear();
    const model = await ReadModel.open(store, kept, onProgress);
    await model.foldAll();
    model.keep(true);
    kept.close();
    return { events: model.position + 1, portfolios: model.funds.size, instruments: model.instruments.size };
  } finally {
    await store.close();
  }
}

const NO_SERVER = 'must be sqlite:DIR: a server has a backup of its own, and `navledger copy` copies its ledger into an embedded store';

/** Writes the store as of now into one file; a writer may be running. Throws StoreError, as backupStore does. */
export function backup(url: string, file: string, onProgress?: Progress, signal?: AbortSignal): Promise<BackupResult> {
  return backupStore(storeDirectory(url, NO_SERVER), file, onProgress, signal);
}

/** Makes a store from a backup, where there is none. Throws StoreError, as restoreStore does. */
export function restore(url: string, file: string, onProgress?: Progress, signal?: AbortSignal): Promise<BackupResult> {
  return restoreStore(file, storeDirectory(url, NO_SERVER), onProgress, signal);
}
