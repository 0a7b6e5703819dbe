/**
 * What of the read model is kept beside the store between processes: tape segments and state logs, as blobs under the digests of their bytes, with one directory
 * that names them. Derived: when the directory does not continue this store's log, or a blob is not what it was, it is dropped and made anew from the log.
 */
import { hash } from 'node:crypto';
import type { Listing } from '../domain/price-stream';
import { Ending } from '../domain/valuation';
import { openRecord, storeRecord, type StoredRecord } from '../projections/state-log';
import type { TapeDirectory } from '../projections/tape/directory';
import { Tape } from '../projections/tape/tape';
import type { Change, DerivedFile } from '../store/derived';
import type { Known } from './entries';

/** Everything is made anew when this changes. */
export const KEPT_VERSION = '1';

interface Directory {
  /** Log position and chain hash that the rest stands for. */
  readonly position: number;
  readonly hash: string;
  readonly instruments: readonly { readonly stream: string; readonly listing: Listing; readonly tape: TapeDirectory }[];
  readonly funds: readonly {
    readonly stream: string;
    readonly lastPosition: number;
    readonly record: StoredRecord;
    /** Nanoseconds as text. */
    readonly ending: { readonly lookedThrough?: string; readonly endedAt?: string };
  }[];
}

const TAPE = 'tape';
const STATE = 'state';
/** Fewer new events or changed rows than this are not worth writing: the next process reads them from the log. */
const WORTH_KEEPING = 1_000;

export class KeptModel {
  private directory: Directory | undefined;
  /** The directory as it was read or written. */
  private text: string | undefined;

  constructor(private readonly derived: DerivedFile) {}

  /** Puts what was kept into an empty model, when it continues the model's store. */
  load(model: Known): void {
    this.text = this.derived.checkpoint();
    const directory = this.text === undefined ? undefined : (JSON.parse(this.text) as Directory);
    this.directory = directory && model.store.hashAt(directory.position) === directory.hash ? directory : undefined;
    if (!this.directory) return;
    for (const { stream, listing, tape } of this.directory.instruments) {
      model.instruments.set(stream, { listing, tape: Tape.open(tape, (key) => this.blob(TAPE, key)) });
    }
    for (const { stream, lastPosition, record, ending } of this.directory.funds) {
      const fund = openRecord(record, (key) => this.blob(STATE, key)?.toString('utf8'));
      if (!fund) continue;
      const { tape } = model.instrument(fund.terms.instrumentId)!;
      const found = {
        ...(ending.lookedThrough === undefined ? {} : { lookedThrough: BigInt(ending.lookedThrough) }),
        ...(ending.endedAt === undefined ? {} : { endedAt: BigInt(ending.endedAt) }),
      };
      model.funds.set(stream, {
        fund,
        ending: new Ending(fund.terms, fund.timeline, () => tape.view(), found),
        lastPosition,
        firstChanged: record.rows,
      });
    }
    model.position = this.directory.position;
  }

  /** Writes what is new in the model. Another process that got there first wins; nothing is lost by that. */
  save(model: Known, always = false): void {
    const { position } = model;
    let news = position - (this.directory?.position ?? -1);
    for (const { fund, firstChanged } of model.funds.values()) news = Math.max(news, fund.timeline.length - firstChanged);
    if (!always && news < WORTH_KEEPING) return;
    const chainHash = model.store.hashAt(position);
    if (position < 0 || chainHash === undefined) return;
    const changes: Change[] = [];
    const instruments: Directory['instruments'][number][] = [];
    const saved: (() => void)[] = [];
    for (const [stream, { listing, tape }] of model.instruments) {
      const { put, drop, directory, saved: tapeSaved } = tape.changes();
      for (const { key, bytes } of put) changes.push({ space: TAPE, key, bytes });
      for (const key of drop) changes.push({ space: TAPE, key });
      saved.push(tapeSaved);
      instruments.push({ stream, listing, tape: directory });
    }
    const putState = (text: string): string => {
      const bytes = Buffer.from(text);
      const key = hash('sha256', bytes, 'hex');
      changes.push({ space: STATE, key, bytes });
      return key;
    };
    const kept = new Map(this.directory?.funds.map(({ stream, record }) => [stream, record]));
    const funds = [...model.funds].map(([stream, { fund, ending, lastPosition, firstChanged }]) => {
      const record = kept.get(stream);
      const last = model.instrument(fund.terms.instrumentId)!.tape.view().at(FOREVER);
      if (last) ending.at(last.at);
      const { lookedThrough, endedAt } = ending.found();
      return {
        stream,
        lastPosition,
        record: storeRecord(fund, putState, record && { record, firstChanged }),
        ending: {
          ...(lookedThrough === undefined ? {} : { lookedThrough: String(lookedThrough) }),
          ...(endedAt === undefined ? {} : { endedAt: String(endedAt) }),
        },
      };
    });
    const named = new Set(funds.flatMap(({ record }) => record.chunks));
    for (const record of kept.values()) for (const key of record.chunks) if (!named.has(key)) changes.push({ space: STATE, key });
    const directory: Directory = { position, hash: chainHash, instruments, funds };
    const text = JSON.stringify(directory);
    if (!this.derived.commit(changes, text, this.text)) return;
    this.text = text;
    for (const done of saved) done();
    for (const entry of model.funds.values()) entry.firstChanged = entry.fund.timeline.length;
    this.directory = directory;
  }

  /** Forgets everything that was kept. */
  clear(): void {
    this.derived.clear();
    this.directory = undefined;
    this.text = undefined;
  }

  close(): void {
    this.derived.close();
  }

  private blob(space: string, key: string): Buffer | undefined {
    const bytes = this.derived.get(space, key);
    return bytes === 'mismatch' ? undefined : bytes;
  }
}

const FOREVER = 1n << 62n;
