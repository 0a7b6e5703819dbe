/**
 * The SQLite driver: node:sqlite from Node 24 on, the same interface from a package before. Invariant: whatever SQLite reports leaves here as a
 * StoreError. Deliberately absent: SQL, which belongs to the files that own the tables.
 */
import type { DatabaseSyncInstance as Database, StatementSyncInstance as Statement } from '@photostructure/sqlite';
import { StoreError, type StoreFault } from '../port';

export type { Database, Statement };

type DatabaseClass = new (file: string, options: { readOnly?: boolean; timeout?: number }) => Database;

function loadDriver(): DatabaseClass {
  if (Number(process.versions.node.split('.')[0]) < 24)
    return (require('@photostructure/sqlite') as { DatabaseSync: DatabaseClass }).DatabaseSync;
  const { emitWarning } = process;
  process.emitWarning = () => undefined; // node:sqlite announces itself as experimental when it is loaded
  try {
    return (require('node:sqlite') as { DatabaseSync: DatabaseClass }).DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}

let driver: DatabaseClass | undefined;

/** Opens a database file. A writable one is made when missing; locks of others are waited for `waitMillis`. Throws StoreError. */
export function openDatabase(file: string, options: { readonly readOnly?: boolean; readonly waitMillis?: number } = {}): Database {
  driver ??= loadDriver();
  try {
    return new driver(file, { readOnly: options.readOnly ?? false, timeout: options.waitMillis ?? 5000 });
  } catch (error) {
    throw storeError(error, `cannot open ${file}`);
  }
}

const FULL_ERRNO = new Set([27, 28, 122]); // EFBIG, ENOSPC, EDQUOT
const IOERR_WRITE = 778;
const IOERR_FSYNC = 1034;
const IOERR_DIR_FSYNC = 1290;
const IOERR_SHMSIZE = 4874;

const BY_MESSAGE: readonly (readonly [string, StoreFault])[] = [
  ['malformed', 'damaged'],
  ['not a database', 'foreign'],
  ['disk is full', 'full'],
  ['readonly', 'read-only'],
  ['locked', 'locked'],
  ['disk I/O error', 'in-doubt'],
];

/** The fault behind what a driver threw; undefined when SQLite did not throw it. */
export function sqliteFault(error: unknown): StoreFault | undefined {
  const { code, message, errcode, systemErrno } = error as { code?: string; message: string; errcode?: number; systemErrno?: number };
  if (code !== 'ERR_SQLITE_ERROR') return undefined;
  // The driver package leaves the number out now and then.
  if (typeof errcode !== 'number') return BY_MESSAGE.find(([text]) => message.includes(text))?.[1] ?? 'unavailable';
  switch (errcode & 0xff) {
    case 13: // FULL
      return 'full';
    case 10: // IOERR
      if (errcode === IOERR_FSYNC || errcode === IOERR_DIR_FSYNC) return 'in-doubt';
      // A write beyond the file size limit is no SQLITE_FULL; where the driver keeps errno to itself, room is the likely cause.
      if (errcode === IOERR_WRITE || errcode === IOERR_SHMSIZE) {
        return systemErrno === undefined || FULL_ERRNO.has(systemErrno) ? 'full' : 'unavailable';
      }
      return 'unavailable';
    case 11: // CORRUPT
      return 'damaged';
    case 26: // NOTADB
      return 'foreign';
    case 8: // READONLY
      return 'read-only';
    case 5: // BUSY
    case 6: // LOCKED
      return 'locked';
    default:
      return 'unavailable';
  }
}

/** A StoreError for what SQLite threw; anything else, StoreErrors included, is given back as it is. */
export function storeError(error: unknown, doing: string): unknown {
  const fault = sqliteFault(error);
  return fault ? new StoreError(fault, `${doing}: ${(error as Error).message}`, {}, { cause: error }) : error;
}
