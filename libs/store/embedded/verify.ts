/**
 * Checking a whole log: chain, places, times, indexes, anchor and SQLite's own structure. Invariant: it reads only, every stored byte of every
 * event, and goes on behind a fault as far as it can. Deliberately absent: repair; a damaged log is replaced by a backup.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { ChainCheck } from '../chain';
import { type ByteSlice, HASH_BYTES } from '../frame';
import { StoreError } from '../port';
import { storeError } from './driver';
import { type Anchor, logFile, readAnchor } from './files';
import { Log } from './log';
import { LogView } from './view';

export interface Finding {
  /** What is at fault: an event or its place, an index, the anchor, or the database file itself. */
  readonly part: 'event' | 'index' | 'anchor' | 'database';
  readonly message: string;
}

export interface Verification {
  /** Empty when all is well; at most 100. */
  readonly findings: readonly Finding[];
  /** Of the last event that was read; -1 and 64 zeros when there is none. */
  readonly position: number;
  readonly hash: string;
  /** Whether an anchor was there to compare with. */
  readonly anchored: boolean;
}

export type Progress = (done: { readonly events: number; readonly of: number }) => void;

const MAX_FINDINGS = 100;

/** Verifies the store in a directory; a writer may be running. Throws StoreError `missing`, `foreign`, `newer`, and the signal's reason when aborted. */
export async function verifyStore(dir: string, onProgress?: Progress, signal?: AbortSignal): Promise<Verification> {
  return verifyLog(logFile(dir), readAnchor(dir), onProgress, signal);
}

/** Verifies a log in a file of its own, for instance a backup. */
export async function verifyLog(
  file: string,
  anchor: Anchor | undefined,
  onProgress?: Progress,
  signal?: AbortSignal,
): Promise<Verification> {
  const findings: Finding[] = [];
  const found = (part: Finding['part'], message: string): void => {
    if (findings.length < MAX_FINDINGS) findings.push({ part, message });
  };
  let last = { position: -1, hash: '0'.repeat(2 * HASH_BYTES) };
  let log: Log | undefined;
  try {
    log = Log.openForReading(file);
    if (!log) throw new StoreError(anchor ? 'damaged' : 'missing', `there is no log in ${file}`);
    for (const { integrity_check: line } of log.all<{ integrity_check: string }>('PRAGMA integrity_check')) {
      if (line !== 'ok') found('database', line);
    }
    last = await checkEvents(log, found, onProgress, signal);
    if (anchor && new LogView(log).hashOf(anchor.position) !== anchor.hash) {
      const what =
        anchor.position > last.position ? `ends at ${last.position}: acknowledged events are missing` : 'holds another event there';
      found('anchor', `the log once held position ${anchor.position}, and now ${what}`);
    }
  } catch (error) {
    const fault = storeError(error, `cannot read ${file}`);
    if (!(fault instanceof StoreError) || fault.fault !== 'damaged') throw fault;
    found('database', fault.message);
  } finally {
    log?.close();
  }
  return { findings, ...last, anchored: anchor !== undefined };
}

async function checkEvents(
  log: Log,
  found: (part: Finding['part'], message: string) => void,
  onProgress: Progress | undefined,
  signal: AbortSignal | undefined,
): Promise<{ position: number; hash: string }> {
  const view = new LogView(log);
  const indexed = log.indexed();
  const end = log.sliceAt(Number.MAX_SAFE_INTEGER);
  const head = end ? end.position + end.n - 1 : -1;
  const heads = new Map<string, number>();
  const laterCommands = new Set<string>();
  /** Commands below `indexed`; NaN once some could not be counted. */
  let commands = 0;
  let recordedAt: bigint | undefined;
  let check = new ChainCheck(-1, Buffer.alloc(HASH_BYTES), (stream) => heads.get(stream) ?? -1);

  const checkTimesAndCommands = (slice: ByteSlice): void => {
    for (const frame of slice.frames()) {
      const begins = frame.commandIndex === 0;
      const time = frame.recordedAt;
      if (recordedAt !== undefined && (begins ? time <= recordedAt : time !== recordedAt)) {
        found('event', `position ${frame.position}: recorded time ${time} after ${recordedAt}`);
      }
      recordedAt = time;
      if (!begins) continue;
      const { commandId, position } = frame;
      if (position < indexed) {
        commands++;
        if (log.indexedCommand(commandId) !== position) found('index', `command ${commandId} at position ${position} is not indexed there`);
      } else {
        // A writer may have indexed it meanwhile.
        if (laterCommands.has(commandId) || (log.indexedCommand(commandId) ?? position) !== position)
          found('event', `command ${commandId} comes twice`);
        laterCommands.add(commandId);
      }
    }
  };

  let sinceTurn = 0;
  for (const slice of view.slicesBetween(0, head)) {
    try {
      check.take(slice);
      checkTimesAndCommands(slice);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      found('event', error.message);
      // Go on behind it, with the hash that it claims.
      check = new ChainCheck(slice.position + slice.count - 1, slice.bytes.subarray(-HASH_BYTES), (stream) => heads.get(stream) ?? -1);
      recordedAt = undefined;
      commands = NaN;
    }
    heads.set(slice.stream, slice.revision + slice.count - 1);
    sinceTurn += slice.count;
    if (sinceTurn < 20_000) continue;
    sinceTurn = 0;
    onProgress?.({ events: check.position + 1, of: head + 1 });
    await turn();
    signal?.throwIfAborted();
  }
  onProgress?.({ events: check.position + 1, of: head + 1 });
  checkIndexes(log, indexed, commands, found);
  return { position: check.position, hash: check.hash.toString('hex') };
}

function checkIndexes(log: Log, indexed: number, commands: number, found: (part: Finding['part'], message: string) => void): void {
  const count = (sql: string): number => log.one<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`, indexed)!.n;
  const agree = 'slice_ix i ON i.stream_id = s.stream_id AND i.revision = s.revision AND i.position = s.position AND i.n = s.n';
  const missing = count(`slice s LEFT JOIN ${agree} WHERE s.position < ? AND i.position IS NULL`);
  if (missing > 0) found('index', `${missing} slices are not in the stream index`);
  const extra = count('slice_ix WHERE position < ?') - count('slice WHERE position < ?');
  if (extra > 0) found('index', `the stream index has ${extra} entries without a slice`);
  const extraCommands = count('command_ix WHERE position < ?') - commands;
  if (extraCommands > 0) found('index', `the command index has ${extraCommands} entries without an event`);
}
