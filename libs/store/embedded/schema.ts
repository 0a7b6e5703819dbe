/**
 * The database file as such: what it is called by, its tables, and which files are ours. Invariant: a file that is not ours, or newer, is not
 * touched. Deliberately absent: migrations; version 1 is the first.
 */
import { StoreError } from '../port';
import { writeUuid } from '../uuid';
import type { Database } from './driver';

const APPLICATION_ID = 0x4e61764c; // "NavL"
const SCHEMA_VERSION = 1;

const SCHEMA = `
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
  CREATE TABLE store(id BLOB NOT NULL) STRICT;
  CREATE TABLE stream(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE slice(position INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, revision INTEGER NOT NULL, n INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL, payload BLOB NOT NULL) STRICT;
  CREATE TABLE slice_ix(stream_id INTEGER NOT NULL, revision INTEGER NOT NULL, position INTEGER NOT NULL, n INTEGER NOT NULL,
    PRIMARY KEY(stream_id, revision)) STRICT, WITHOUT ROWID;
  CREATE TABLE command_ix(id BLOB PRIMARY KEY, position INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE kv(k TEXT PRIMARY KEY, v INTEGER NOT NULL) STRICT;
  INSERT INTO kv VALUES('indexed', 0);`;

/** Makes the tables of an empty store, all or none. */
export function createTables(db: Database, storeId: string): void {
  db.exec('PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; BEGIN IMMEDIATE');
  db.exec(SCHEMA);
  const id = Buffer.alloc(16);
  writeUuid(storeId, id, 0);
  db.prepare('INSERT INTO store VALUES(?)').run(id);
  db.exec('COMMIT');
}

/** Whether the file holds our log; false for an empty one. Throws StoreError `foreign`, `newer`. */
export function recognise(db: Database, file: string): boolean {
  const { application, version, tables } = marks(db);
  if (application === 0 && version === 0 && tables === 0) return false;
  if (application !== APPLICATION_ID) throw new StoreError('foreign', `${file} is a database of another program`);
  if (version > SCHEMA_VERSION)
    throw new StoreError('newer', `${file} was written by a newer version (format ${version}; this one knows ${SCHEMA_VERSION})`);
  return true;
}

/** All of one moment: another process may be making the tables just now. */
function marks(db: Database): { readonly application: number; readonly version: number; readonly tables: number } {
  db.exec('BEGIN');
  try {
    const { application_id: application } = db.prepare('PRAGMA application_id').get() as { application_id: number };
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    const { n: tables } = db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number };
    return { application, version, tables };
  } finally {
    if (db.isTransaction) db.exec('COMMIT');
  }
}
