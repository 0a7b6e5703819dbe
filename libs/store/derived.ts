/**
 * A file of rebuildable blobs beside a store: what projections keep so as not to begin anew. Invariant: a blob is given back only when its digest
 * matches, and the checkpoint always belongs to the blobs that are there. Deliberately absent: durability and repair; a file that is not as
 * expected is made anew, and one that cannot be written lives in memory.
 */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Database, openDatabase, sqliteFault, type Statement } from './embedded/driver';
import { StoreError } from './port';

const APPLICATION_ID = 0x4e617644; // "NavD"

const SCHEMA = `
  PRAGMA application_id = ${APPLICATION_ID};
  CREATE TABLE derived_from(version TEXT NOT NULL, store_id TEXT NOT NULL) STRICT;
  CREATE TABLE checkpoint(json TEXT NOT NULL) STRICT;
  CREATE TABLE blob(space TEXT NOT NULL, key TEXT NOT NULL, digest BLOB NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(space, key)) STRICT;`;

export interface DerivedOptions {
  /** Of the code that makes the blobs: any other version found starts anew. */
  readonly version: string;
  /** Of the store that they are made from, likewise. */
  readonly storeId: string;
}

export type Change =
  | { readonly space: string; readonly key: string; readonly bytes: Uint8Array }
  /** Without bytes: the blob is removed, if it is there. */
  | { readonly space: string; readonly key: string; readonly bytes?: undefined };

export class DerivedFile {
  private readonly statements = new Map<string, Statement>();

  private constructor(
    private readonly db: Database,
    /** The file; undefined when the blobs are in memory only. */
    readonly file: string | undefined,
  ) {}

  /** Opens `derived.db` in the directory, anew when its version, its store or its bytes are not as expected, in memory when it cannot be written. */
  static open(dir: string, options: DerivedOptions): DerivedFile {
    const file = join(dir, 'derived.db');
    for (const attempt of [0, 1]) {
      let db: Database | undefined;
      try {
        db = openDatabase(file);
        prepare(db, options);
        return new DerivedFile(db, file);
      } catch (error) {
        db?.close();
        const fault = error instanceof StoreError ? error.fault : sqliteFault(error);
        if (fault === undefined) throw error;
        const unusable = fault === 'foreign' || fault === 'damaged';
        if (attempt > 0 || !unusable || !remove(file)) break;
      }
    }
    const memory = openDatabase(':memory:');
    prepare(memory, options);
    return new DerivedFile(memory, undefined);
  }

  /** The blob; undefined when there is none; `mismatch` when its bytes are not those that were put, so that the caller makes it anew. */
  get(space: string, key: string): Buffer | 'mismatch' | undefined {
    return this.tolerant('mismatch', () => {
      const row = this.one<{ digest: Uint8Array; bytes: Uint8Array }>(
        'SELECT digest, bytes FROM blob WHERE space = ? AND key = ?',
        space,
        key,
      );
      if (!row) return undefined;
      return Buffer.from(row.digest).equals(digest(row.bytes))
        ? Buffer.from(row.bytes.buffer, row.bytes.byteOffset, row.bytes.length)
        : 'mismatch';
    });
  }

  /** Keys of a space, in code unit order. */
  list(space: string): string[] {
    const rows = this.tolerant([], () => this.prepare('SELECT key FROM blob WHERE space = ?').all(space) as { key: string }[]);
    return rows.map(({ key }) => key).sort();
  }

  /** The JSON text given to the last commit; undefined when there was none. */
  checkpoint(): string | undefined {
    return this.tolerant(undefined, () => this.one<{ json: string }>('SELECT json FROM checkpoint')?.json);
  }

  /**
   * Makes all changes and moves the checkpoint, in one transaction. False, and nothing changed, when the checkpoint is not `expected` any more
   * (another process moved it), another process holds the lock, or there is no room.
   */
  commit(changes: Iterable<Change>, checkpoint: string, expected: string | undefined): boolean {
    try {
      this.db.exec('BEGIN IMMEDIATE');
      const moved = this.one<{ json: string }>('SELECT json FROM checkpoint')?.json !== expected;
      if (!moved) this.write(changes, checkpoint);
      this.db.exec(moved ? 'ROLLBACK' : 'COMMIT');
      return !moved;
    } catch (error) {
      return this.failed(error);
    }
  }

  /** Removes all blobs and the checkpoint; false when another process holds the lock. */
  clear(): boolean {
    try {
      this.db.exec('BEGIN IMMEDIATE; DELETE FROM blob; DELETE FROM checkpoint; COMMIT');
      return true;
    } catch (error) {
      return this.failed(error);
    }
  }

  close(): void {
    this.db.close();
  }

  private write(changes: Iterable<Change>, checkpoint: string): void {
    const put = this.prepare(
      'INSERT INTO blob VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest, bytes = excluded.bytes',
    );
    const remove = this.prepare('DELETE FROM blob WHERE space = ? AND key = ?');
    for (const { space, key, bytes } of changes) {
      if (bytes) put.run(space, key, digest(bytes), bytes);
      else remove.run(space, key);
    }
    this.db.exec('DELETE FROM checkpoint');
    this.prepare('INSERT INTO checkpoint VALUES(?)').run(checkpoint);
  }

  private tolerant<T>(otherwise: T, read: () => T): T {
    try {
      return read();
    } catch (error) {
      this.failed(error);
      return otherwise;
    }
  }

  /** What SQLite reports is no reason to fail; a file that turns out damaged is removed, so that the next to open it starts anew. */
  private failed(error: unknown): false {
    if (this.db.isTransaction) this.db.exec('ROLLBACK');
    const fault = sqliteFault(error);
    if (fault === undefined) throw error;
    if (this.file !== undefined && (fault === 'damaged' || fault === 'foreign')) remove(this.file);
    return false;
  }

  private one<T>(sql: string, ...parameters: string[]): T | undefined {
    return this.prepare(sql).get(...parameters) as T | undefined;
  }

  private prepare(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }
}

/** Makes the tables, or checks that they are ours. Throws StoreError `foreign` for a file of another program, version or store. */
function prepare(db: Database, { version, storeId }: DerivedOptions): void {
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  const isEmpty = (): boolean => (db.prepare('SELECT count(*) AS n FROM sqlite_schema').get() as { n: number }).n === 0;
  if (isEmpty()) {
    db.exec('BEGIN IMMEDIATE');
    if (isEmpty()) {
      db.exec(SCHEMA);
      db.prepare('INSERT INTO derived_from VALUES(?, ?)').run(version, storeId);
    }
    db.exec('COMMIT');
  }
  const { application_id: application } = db.prepare('PRAGMA application_id').get() as { application_id: number };
  const from =
    application === APPLICATION_ID ? (db.prepare('SELECT * FROM derived_from').get() as Record<string, unknown> | undefined) : undefined;
  if (from?.version !== version || from.store_id !== storeId) {
    throw new StoreError('foreign', 'derived.db was made by another program or version, or from another store');
  }
}

function remove(file: string): boolean {
  try {
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    return true;
  } catch {
    return false;
  }
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
