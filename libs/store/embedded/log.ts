/**
 * The tables of the log and the SQL that touches them. Invariant: `slice` is the truth and is only ever appended to; `slice_ix` and `command_ix`
 * cover exactly the positions below kv `indexed` and can be rebuilt from it. Deliberately absent: what the bytes mean beyond their place.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { ByteSlice, HASH_BYTES } from '../frame';
import { StoreError } from '../port';
import { readUuid, writeUuid } from '../uuid';
import { type Database, openDatabase, sqliteFault, type Statement, storeError } from './driver';
import { createTables, recognise } from './schema';

/** A row of `slice`: recorded_at (of its first event) is left out, because it needs a bigint. */
export interface SliceRow {
  readonly position: number;
  readonly stream_id: number;
  readonly revision: number;
  readonly n: number;
  readonly payload: Uint8Array;
}

const COLUMNS = 's.position, s.stream_id, s.revision, s.n, s.payload';

export class Log {
  readonly storeId: string;
  private readonly statements = new Map<string, Statement>();
  private readonly streamNames = new Map<number, string>();
  private readonly streamIds = new Map<string, number>();

  private constructor(
    private readonly db: Database,
    private readonly writable: boolean,
  ) {
    this.storeId = readUuid(asBuffer(this.one<{ id: Uint8Array }>('SELECT id FROM store')!.id), 0);
  }

  /** Opens the log for one writer, making it when the file is missing or empty. */
  static openForWriting(file: string): Log {
    return Log.guarded(openDatabase(file), file, (db) => {
      if (!recognise(db, file)) createTables(db, randomUUID());
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536');
      const { synchronous } = db.prepare('PRAGMA synchronous').get() as { synchronous: number };
      const { journal_mode: mode } = db.prepare('PRAGMA journal_mode').get() as { journal_mode: string };
      if (synchronous !== 2 || mode !== 'wal')
        throw new Error(`SQLite runs with synchronous=${synchronous}, journal_mode=${mode}: not durable`);
      return new Log(db, true);
    });
  }

  /** Opens a copy of another store's log: not synced with every commit, because it can be had again. Throws StoreError `foreign` for a copy of another store. */
  static openCopy(file: string, storeId: string): Log {
    return Log.guarded(openDatabase(file), file, (db) => {
      if (!recognise(db, file)) createTables(db, storeId);
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -65536');
      const log = new Log(db, true);
      if (log.storeId !== storeId) throw new StoreError('foreign', `${file} is a copy of the store ${log.storeId}, not of ${storeId}`);
      return log;
    });
  }

  /** Opens the log for reading only; undefined when there is no file, or one that was made and holds no log yet. */
  static openForReading(file: string): Log | undefined {
    if (!existsSync(file)) return undefined;
    return Log.guarded(openDatabase(file, { readOnly: true }), file, (db) => {
      if (recognise(db, file)) return new Log(db, false);
      db.close();
      return undefined;
    });
  }

  private static guarded<T>(db: Database, file: string, use: (db: Database) => T): T {
    try {
      return use(db);
    } catch (error) {
      db.close();
      throw storeError(error, `cannot open ${file}`);
    }
  }

  /** Runs `work` in a transaction: it commits, or is rolled back when anything throws. */
  write(work: () => void): void {
    this.begin();
    try {
      work();
      this.commit();
    } catch (error) {
      this.rollback();
      throw error;
    }
  }

  /** Runs `work` on one snapshot. */
  read<T>(work: () => T): T {
    this.begin();
    try {
      return work();
    } finally {
      this.commit();
    }
  }

  begin(): void {
    this.prepare('BEGIN').run();
  }

  commit(): void {
    this.prepare('COMMIT').run();
  }

  /** Ends the transaction without a trace; SQLite may have done so already. */
  rollback(): void {
    if (this.db.isTransaction) this.prepare('ROLLBACK').run();
    // Some of these ids may never have been given.
    this.streamIds.clear();
    this.streamNames.clear();
  }

  /** Changes whenever another connection has committed. */
  dataVersion(): number {
    return this.one<{ data_version: number }>('PRAGMA data_version')!.data_version;
  }

  insertSlice(slice: { position: number; stream: string; revision: number; count: number; recordedAt: bigint }, payload: Buffer): void {
    const streamId = this.streamId(slice.stream) ?? this.insertStream(slice.stream);
    const insert = this.prepare('INSERT INTO slice VALUES(?, ?, ?, ?, ?, ?)');
    insert.run(slice.position, streamId, slice.revision, slice.count, slice.recordedAt, payload);
  }

  /** Positions below this are in the indexes. */
  indexed(): number {
    return this.one<{ v: number }>("SELECT v FROM kv WHERE k = 'indexed'")!.v;
  }

  /** Of a copy: up to where the copied log is in. */
  place(): { readonly commit: bigint; readonly prepare: bigint } | undefined {
    const statement = this.prepare("SELECT k, v FROM kv WHERE k IN ('commit', 'prepare') ORDER BY k");
    statement.setReadBigInts(true);
    const [commit, prepare] = statement.all() as { v: bigint }[];
    return commit && prepare && { commit: commit.v, prepare: prepare.v };
  }

  /** Inside the transaction of what it says. */
  savePlace({ commit, prepare }: { readonly commit: bigint; readonly prepare: bigint }): void {
    this.prepare("INSERT INTO kv VALUES('commit', ?), ('prepare', ?) ON CONFLICT DO UPDATE SET v = excluded.v").run(commit, prepare);
  }

  /** Adds to the indexes what lies from `indexed` up to `end`; inside a transaction. */
  index(
    slices: readonly { position: number; stream: string; revision: number; count: number }[],
    commands: ReadonlyMap<string, number>,
    end: number,
  ): void {
    const sliceRows = slices.map(({ stream, revision, position, count }) => [this.streamId(stream)!, revision, position, count]);
    this.insertRows('INTO slice_ix', sliceRows);
    const ids = Buffer.alloc(16 * commands.size);
    // In the order of the index, so that neighbours share a page.
    const commandRows = [...commands.keys()].sort().map((commandId, index) => {
      writeUuid(commandId, ids, 16 * index);
      return [ids.subarray(16 * index, 16 * index + 16), commands.get(commandId)!];
    });
    this.insertRows('OR IGNORE INTO command_ix', commandRows);
    this.prepare("UPDATE kv SET v = ? WHERE k = 'indexed'").run(end);
  }

  /** Slices in position order, the first being the one that holds `from`. */
  slicesFrom(from: number, limit: number): SliceRow[] {
    const first = 'coalesce((SELECT max(position) FROM slice WHERE position <= ?), 0)';
    return this.all(`SELECT ${COLUMNS} FROM slice s WHERE s.position >= ${first} ORDER BY s.position LIMIT ?`, from, limit);
  }

  /** The slice that holds the position, or the last one when it is beyond all. */
  sliceAt(position: number): SliceRow | undefined {
    return this.one(`SELECT ${COLUMNS} FROM slice s WHERE s.position <= ? ORDER BY s.position DESC LIMIT 1`, position);
  }

  /** Place of the slice that holds the position, without its bytes. */
  recordedAtOf(position: number): { readonly position: bigint; readonly recorded_at: bigint } | undefined {
    const statement = this.prepare('SELECT position, recorded_at FROM slice WHERE position <= ? ORDER BY position DESC LIMIT 1');
    statement.setReadBigInts(true);
    return statement.get(position) as { position: bigint; recorded_at: bigint } | undefined;
  }

  /** Indexed slices of a stream in revision order, the first being the one that holds `revision`; backwards likewise, last first. */
  streamSlices(stream: string, revision: number, limit: number, backwards: boolean): SliceRow[] {
    const id = this.streamId(stream);
    if (id === undefined) return [];
    const first = 'coalesce((SELECT max(revision) FROM slice_ix WHERE stream_id = ?1 AND revision <= ?2), 0)';
    const range = backwards ? 'i.revision <= ?2 ORDER BY i.revision DESC' : `i.revision >= ${first} ORDER BY i.revision`;
    const from = 'slice_ix i JOIN slice s ON s.position = i.position';
    return this.all(`SELECT ${COLUMNS} FROM ${from} WHERE i.stream_id = ?1 AND ${range} LIMIT ?3`, id, revision, limit);
  }

  /** Revision of the stream's last indexed event, -1 when there is none. */
  indexedHead(stream: string): number {
    const id = this.streamId(stream);
    if (id === undefined) return -1;
    const last = 'SELECT revision + n - 1 AS revision FROM slice_ix WHERE stream_id = ? ORDER BY revision DESC LIMIT 1';
    return this.one<{ revision: number }>(last, id)?.revision ?? -1;
  }

  /** Position of the indexed command's first event. */
  indexedCommand(commandId: string): number | undefined {
    writeUuid(commandId, commandKey, 0);
    return this.one<{ position: number }>('SELECT position FROM command_ix WHERE id = ?', commandKey)?.position;
  }

  streams(): string[] {
    return this.all<{ name: string }>('SELECT name FROM stream ORDER BY id').map(({ name }) => name);
  }

  /** The row as a slice over its own bytes. */
  slice(row: SliceRow): ByteSlice {
    return new ByteSlice(asBuffer(row.payload), HASH_BYTES, row.position, this.streamName(row.stream_id), row.revision, row.n);
  }

  /** Rows of any other question, for verification. */
  all<T>(sql: string, ...parameters: (number | bigint | string | Uint8Array)[]): T[] {
    return this.prepare(sql).all(...parameters) as T[];
  }

  one<T>(sql: string, ...parameters: (number | bigint | string | Uint8Array)[]): T | undefined {
    return this.prepare(sql).get(...parameters) as T | undefined;
  }

  /**
   * Before Node 24 the driver keeps a closed file open until its statements are collected, so a writer moves the write-ahead log's content itself. Where that
   * cannot be (a full disk), the log is whole without it, and the next writer tries again.
   */
  close(): void {
    try {
      if (this.writable) this.db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      if (sqliteFault(error) === undefined) throw error;
    } finally {
      this.db.close();
    }
  }

  /** Many rows a statement: calling SQLite costs as much as inserting. */
  private insertRows(into: string, rows: readonly (readonly (number | Uint8Array)[])[]): void {
    for (let from = 0; from < rows.length;) {
      const count = from + ROWS_A_STATEMENT <= rows.length ? ROWS_A_STATEMENT : 1;
      const values = rows.slice(from, from + count);
      const tuple = `(${values[0]!.map(() => '?').join(', ')})`;
      this.prepare(`INSERT ${into} VALUES ${Array(count).fill(tuple).join(', ')}`).run(...values.flat());
      from += count;
    }
  }

  private streamId(name: string): number | undefined {
    const known = this.streamIds.get(name);
    if (known !== undefined) return known;
    const id = this.one<{ id: number }>('SELECT id FROM stream WHERE name = ?', name)?.id;
    if (id !== undefined) this.remember(id, name);
    return id;
  }

  private insertStream(name: string): number {
    const id = Number(this.prepare('INSERT INTO stream(name) VALUES(?)').run(name).lastInsertRowid);
    this.remember(id, name);
    return id;
  }

  private streamName(id: number): string {
    const known = this.streamNames.get(id);
    if (known !== undefined) return known;
    const name = this.one<{ name: string }>('SELECT name FROM stream WHERE id = ?', id)?.name;
    if (name === undefined) throw new StoreError('damaged', `the log names no stream ${id}`);
    this.remember(id, name);
    return name;
  }

  private remember(id: number, name: string): void {
    this.streamIds.set(name, id);
    this.streamNames.set(id, name);
  }

  private prepare(sql: string): Statement {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }
}

const ROWS_A_STATEMENT = 32;

const commandKey = Buffer.alloc(16);

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
