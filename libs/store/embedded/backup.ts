/**
 * Backup and restore of an embedded store. Invariant: the result appears under its name only when it is complete, verified and synced. Deliberately
 * absent: derived files, which are rebuilt from the log.
 */
import { constants, copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { StoreError } from '../port';
import { openDatabase, storeError } from './driver';
import { anchorFile, anchorText, lockWriter, logFile, syncPath } from './files';
import { Log } from './log';
import { type Progress, type Verification, verifyLog } from './verify';

export interface BackupResult {
  /** Of the last event in the backup, and the chain hash after it. */
  readonly position: number;
  readonly hash: string;
  /** Size of the file. */
  readonly bytes: number;
}

/**
 * Writes the store's log, as of one commit, to one file; a writer may be running. An older file of that name is replaced at the end.
 * Throws StoreError `missing`, `foreign`, `newer`, `damaged` (the log fails verification; the older backup stays), `full`, `unavailable`.
 */
export async function backupStore(dir: string, file: string, onProgress?: Progress, signal?: AbortSignal): Promise<BackupResult> {
  const target = resolve(file);
  const partial = `${target}.partial-${process.pid}`;
  try {
    const log = Log.openForReading(logFile(dir));
    if (!log) throw new StoreError('missing', `there is no store in ${dir}`);
    try {
      removePartials(target);
      log.one('VACUUM INTO ?', partial);
    } finally {
      log.close();
    }
    const verified = assertSound(await verifyLog(partial, undefined, onProgress, signal), logFile(dir));
    syncPath(partial);
    const { size } = statSync(partial);
    renameSync(partial, target);
    syncPath(dirname(target));
    return { position: verified.position, hash: verified.hash, bytes: size };
  } catch (error) {
    rmSync(partial, { force: true });
    throw fileFault(error, `cannot back up ${dir} to ${file}`);
  }
}

/**
 * Makes a store in `dir`, which must be missing or empty, from a backup. Throws StoreError `not-empty`, `missing` (no such file), `foreign`, `newer`,
 * `damaged` (the backup fails verification), `full`, `unavailable`; then there is no store in `dir`.
 */
export async function restoreStore(file: string, dir: string, onProgress?: Progress, signal?: AbortSignal): Promise<BackupResult> {
  const restoring = `${logFile(dir)}.restoring`;
  let unlock: (() => void) | undefined;
  try {
    if (!statSync(file, { throwIfNoEntry: false })) throw new StoreError('missing', `there is no file ${file}`);
    mkdirSync(dir, { recursive: true });
    const other = readdirSync(dir).find((name) => !LEFT_BY_AN_ATTEMPT.test(name));
    if (other !== undefined) throw new StoreError('not-empty', `${dir} is not empty: it holds ${other}`);
    unlock = lockWriter(dir);
    rmSync(restoring, { force: true });
    copyFileSync(file, restoring, constants.COPYFILE_FICLONE);
    const { position, hash } = assertSound(await verifyLog(restoring, undefined, onProgress, signal), file);
    writeAhead(restoring);
    syncPath(restoring);
    renameSync(restoring, logFile(dir));
    if (position >= 0) writeFileSync(anchorFile(dir), anchorText(position, hash));
    syncPath(dir);
    return { position, hash, bytes: statSync(logFile(dir)).size };
  } catch (error) {
    if (unlock) rmSync(restoring, { force: true });
    throw fileFault(error, `cannot restore ${file} to ${dir}`);
  } finally {
    unlock?.();
  }
}

/** Parts that killed processes left: a part is as large as a store. Those of processes that run are theirs. */
function removePartials(target: string): void {
  const stem = `${basename(target)}.partial-`;
  for (const name of readdirSync(dirname(target))) {
    const pid = name.startsWith(stem) ? /^\d+/.exec(name.slice(stem.length))?.[0] : undefined;
    if (pid !== undefined && (Number(pid) === process.pid || !isRunning(Number(pid)))) rmSync(join(dirname(target), name), { force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What VACUUM wrote has a rollback journal; a store's log has a write-ahead one. */
function writeAhead(file: string): void {
  const db = openDatabase(file);
  try {
    db.exec('PRAGMA journal_mode = WAL');
  } finally {
    db.close();
  }
}

const LEFT_BY_AN_ATTEMPT = /^(log\.db\.restoring.*|writer\.lock(-journal)?|writer\.pid)$/;

function assertSound(verification: Verification, file: string): Verification {
  const [first, ...more] = verification.findings;
  if (!first) return verification;
  throw new StoreError('damaged', `${file} fails verification: ${first.message}${more.length > 0 ? ` (and ${more.length} more)` : ''}`);
}

/** File system and SQLite errors as StoreErrors; others as they are. */
function fileFault(error: unknown, doing: string): unknown {
  const fault = storeError(error, doing);
  const { code, syscall } = fault as NodeJS.ErrnoException;
  if (fault instanceof StoreError || syscall === undefined) return fault;
  const full = code === 'ENOSPC' || code === 'EFBIG' || code === 'EDQUOT';
  return new StoreError(full ? 'full' : 'unavailable', `${doing}: ${(fault as Error).message}`, {}, { cause: error });
}
