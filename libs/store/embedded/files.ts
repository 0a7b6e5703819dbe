/**
 * The files of an embedded store, the writer's lock and the anchor. Invariant: the lock is the kernel's, so a killed writer holds none; the anchor
 * names an event that was durable before it was written. Deliberately absent: the log itself (log.ts).
 *
 * In the store's directory: `log.db` (with SQLite's `-wal` and `-shm` beside it), `log.anchor`, `writer.lock`, `writer.pid`.
 */
import { closeSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../port';
import { openDatabase, sqliteFault } from './driver';

export const logFile = (dir: string): string => join(dir, 'log.db');
export const anchorFile = (dir: string): string => join(dir, 'log.anchor');

/** Position of an event and the chain hash after it, lower-case hex. */
export interface Anchor {
  readonly position: number;
  readonly hash: string;
}

const ANCHOR = /^navledger-anchor-1 (\d{16}) ([0-9a-f]{64})\n$/;

/** The last acknowledged event as noted outside the database; undefined when there is no note, or none that can be read. */
export function readAnchor(dir: string): Anchor | undefined {
  let text: string;
  try {
    text = readFileSync(anchorFile(dir), 'latin1');
  } catch {
    return undefined;
  }
  const match = ANCHOR.exec(text);
  return match ? { position: Number(match[1]), hash: match[2]! } : undefined;
}

/** Overwrites the anchor in place: one line of fixed length, so that no reader sees a part; not synced, because it may lag behind. */
export class AnchorWriter {
  private readonly file: number;

  constructor(dir: string) {
    try {
      this.file = openSync(anchorFile(dir), 'r+');
    } catch {
      this.file = openSync(anchorFile(dir), 'w+');
    }
  }

  /** The commit is durable whether this succeeds or not, so a failure (a full disk) is passed over: an older anchor is true as well. */
  write(position: number, hash: string): void {
    try {
      writeSync(this.file, anchorText(position, hash), 0, 'latin1');
    } catch {
      // the anchor before stays
    }
  }

  close(): void {
    closeSync(this.file);
  }
}

export function anchorText(position: number, hash: string): string {
  return `navledger-anchor-1 ${String(position).padStart(16, '0')} ${hash}\n`;
}

/** Takes the writer's lock of a directory; the result gives it back. Throws StoreError `locked` with the holder's pid, when that is known. */
export function lockWriter(dir: string): () => void {
  const pidFile = join(dir, 'writer.pid');
  const lock = openDatabase(join(dir, 'writer.lock'), { waitMillis: 0 });
  try {
    lock.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (sqliteFault(error) !== 'locked') throw new StoreError('unavailable', `cannot lock ${dir} for writing`, {}, { cause: error });
    const holder = readPid(pidFile);
    const message = `another process${holder === undefined ? '' : ` (pid ${holder})`} writes the store in ${dir}`;
    throw new StoreError('locked', message, holder === undefined ? {} : { holder });
  }
  try {
    writeFileSync(pidFile, `${process.pid}\n`);
  } catch {
    // the pid only explains a refusal; the lock holds without it
  }
  return () => {
    rmSync(pidFile, { force: true });
    lock.close();
  };
}

function readPid(file: string): number | undefined {
  try {
    const pid = Number(readFileSync(file, 'latin1'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** Syncs a file or directory by name. Never for a database that is open: closing any handle of it would drop this process's locks. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
