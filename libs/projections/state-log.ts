/**
 * The state log: a portfolio's rows as they are kept beside the store, so that a question reads what it needs and folds nothing. A record is a small header
 * and chunks of 512 rows, each named by the digest of its bytes, loaded when a question touches them. Derived: rebuilt from the log when anything
 * about it does not fit. Rows are JSON arrays of decimal integers (units of their scales); no figure is rounded on the way.
 */
import type { Computed, Fact, FillFact, FundState, Terms } from '../domain/facts';
import { readSchedule } from '../domain/fee-rules';
import type { FeeSchedule, SlippageModel } from '../domain/fee-schedule';
import { type MandateData, readMandate } from '../domain/mandate';
import { FundRecord } from '../domain/fund-record';
import { optional } from '../domain/fields';
import type { FeeKind } from '../domain/fee-schedule';
import type { Liquidity } from '../domain/portfolio-events';
import { readSlippage } from '../domain/slippage';
import { type Row, Rows } from '../domain/timeline';

const VERSION = 2;
export const CHUNK_ROWS = 512;

/** The header as JSON; integers beyond 2^53 as strings. */
export interface StoredRecord {
  readonly version: number;
  readonly terms: Omit<Terms, 'targetLeverage' | 'openedAt'> & { readonly targetLeverage: string; readonly openedAt: string };
  readonly mandates: readonly { readonly at: string; readonly position: number; readonly version: string; readonly data: MandateData }[];
  readonly schedules: readonly { readonly at: string; readonly position: number; readonly schedule: FeeSchedule }[];
  readonly slippageModels: readonly { readonly at: string; readonly position: number; readonly model: SlippageModel }[];
  readonly charges: readonly (readonly [string, readonly string[]])[];
  readonly rows: number;
  /** Digests of the chunks in order. */
  readonly chunks: readonly string[];
}

/** Reads a chunk by its digest; undefined when it is not there or not what it was. */
export type LoadChunk = (digest: string) => string | undefined;

/**
 * Writes a portfolio's record. Chunks whose rows all lie before `firstChanged` are taken over from `before`; the others are handed to `put`, which answers
 * their digest.
 */
export function storeRecord(
  fund: FundRecord,
  put: (chunk: string) => string,
  before?: { readonly record: StoredRecord; readonly firstChanged: number },
): StoredRecord {
  const { terms, timeline, mandates, schedules, slippageModels, charges } = fund;
  const kept = before ? Math.floor(Math.min(before.firstChanged, before.record.rows) / CHUNK_ROWS) : 0;
  const chunks = before?.record.chunks.slice(0, kept) ?? [];
  for (let first = kept * CHUNK_ROWS; first < timeline.length; first += CHUNK_ROWS) {
    const rows: WrittenRow[] = [];
    for (let i = first; i < Math.min(first + CHUNK_ROWS, timeline.length); i++) rows.push(writeRow(timeline.row(i)!));
    chunks.push(put(JSON.stringify(rows)));
  }
  return {
    version: VERSION,
    terms: { ...terms, targetLeverage: String(terms.targetLeverage), openedAt: String(terms.openedAt) },
    mandates: mandates.map(({ at, position, version, mandate }) => ({ at: String(at), position, version, data: mandate.data })),
    schedules: schedules.map(({ at, position, schedule }) => ({ at: String(at), position, schedule })),
    slippageModels: slippageModels.map(({ at, position, slippage }) => ({ at: String(at), position, model: slippage.data })),
    charges: [...charges].map(([key, times]) => [key, times.map(String)] as const),
    rows: timeline.length,
    chunks,
  };
}

/** Opens a stored record; undefined when it is of another version. A chunk that cannot be loaded throws StateLogDamaged at the question that needs it. */
export function openRecord(stored: StoredRecord, load: LoadChunk): FundRecord | undefined {
  if (stored.version !== VERSION) return undefined;
  const terms: Terms = { ...stored.terms, targetLeverage: BigInt(stored.terms.targetLeverage), openedAt: BigInt(stored.terms.openedAt) };
  const fund = new FundRecord(terms, new StoredRows(stored, load));
  for (const { at, position, version, data } of stored.mandates) {
    fund.mandates.push({ at: BigInt(at), position, version, mandate: readMandate(data, terms.targetLeverage) });
  }
  for (const { at, position, schedule } of stored.schedules)
    fund.schedules.push({ at: BigInt(at), position, schedule, rules: readSchedule(schedule, terms.currencyScale) });
  for (const { at, position, model } of stored.slippageModels)
    fund.slippageModels.push({ at: BigInt(at), position, slippage: readSlippage(model) });
  for (const [key, times] of stored.charges) fund.charges.set(key, times.map(BigInt));
  return fund;
}

export class StateLogDamaged extends Error {}

class StoredRows extends Rows {
  readonly length: number;
  private readonly loaded: (readonly Row[] | undefined)[] = [];

  constructor(
    private readonly stored: StoredRecord,
    private readonly load: LoadChunk,
  ) {
    super();
    this.length = stored.rows;
  }

  row(i: number): Row | undefined {
    if (i < 0 || i >= this.length) return undefined;
    const index = Math.floor(i / CHUNK_ROWS);
    const chunk = (this.loaded[index] ??= this.read(index));
    return chunk[i % CHUNK_ROWS];
  }

  private read(index: number): readonly Row[] {
    const text = this.load(this.stored.chunks[index]!);
    if (text === undefined) throw new StateLogDamaged(`chunk ${index} of the state log is missing or damaged`);
    return (JSON.parse(text) as WrittenRow[]).map(readRow);
  }
}

type WrittenRow = readonly [at: string, position: number, cash: string, quantity: string, units: string, fact: readonly unknown[]];

function writeRow({ at, position, state, fact }: Row): WrittenRow {
  return [String(at), position, String(state.cash), String(state.quantity), String(state.units), writeFact(fact)];
}

function readRow([at, position, cash, quantity, units, fact]: WrittenRow): Row {
  const state: FundState = { cash: BigInt(cash), quantity: BigInt(quantity), units: BigInt(units) };
  return { at: BigInt(at), position, state, fact: readFact(fact as never) };
}

function writeFact(fact: Fact): readonly unknown[] {
  switch (fact.kind) {
    case 'creation':
    case 'redemption':
      return [fact.kind, String(fact.units), String(fact.cash)];
    case 'split':
      return [fact.kind, String(fact.newUnits), String(fact.oldUnits)];
    case 'rebalance':
      return [
        fact.kind,
        fact.rebalanceId,
        ...fact.fills.map((f) => [f.fillId, ...[f.quantity, f.price, f.fee, f.bid, f.ask, f.arrivalPrice].map(write), f.liquidity ?? null]),
      ];
    case 'fee':
      return [
        fact.kind,
        fact.feeKind,
        String(fact.amount),
        write(fact.minted),
        fact.fillId ?? null,
        write(fact.nextHighWaterMark),
        fact.computed ?? null,
      ];
    case 'funding':
      return [fact.kind, String(fact.amount), String(fact.rate), String(fact.mark)];
    case 'interest':
      return [fact.kind, String(fact.amount)];
  }
}

function readFact([kind, ...rest]: [Fact['kind'], ...string[]]): Fact {
  const [a, b, c] = rest as [string, string, string | null];
  switch (kind) {
    case 'creation':
    case 'redemption':
      return { kind, units: BigInt(a), cash: BigInt(b) };
    case 'split':
      return { kind, newUnits: BigInt(a), oldUnits: BigInt(b) };
    case 'rebalance':
      return { kind, rebalanceId: a, fills: (rest.slice(1) as unknown as (string | null)[][]).map(readFill) };
    case 'fee':
      return readFee(rest as never);
    case 'funding':
      return { kind, amount: BigInt(a), rate: BigInt(b), mark: BigInt(c!) };
    case 'interest':
      return { kind, amount: BigInt(a) };
  }
}

function readFee([feeKind, amount, minted, fillId, mark, computed]: readonly [
  FeeKind,
  string,
  string | null,
  string | null,
  string | null,
  Computed | null,
]): Fact {
  return {
    kind: 'fee',
    feeKind,
    amount: BigInt(amount),
    minted: read(minted),
    ...optional('fillId', fillId ?? undefined),
    ...optional('nextHighWaterMark', read(mark)),
    ...optional('computed', computed ?? undefined),
  };
}

function readFill([fillId, quantity, price, fee, bid, ask, arrivalPrice, liquidity]: readonly (string | null)[]): FillFact {
  return {
    ...optional('liquidity', (liquidity as Liquidity | null) ?? undefined),
    fillId: fillId!,
    quantity: BigInt(quantity!),
    price: BigInt(price!),
    fee: BigInt(fee!),
    bid: read(bid!),
    ask: read(ask!),
    arrivalPrice: read(arrivalPrice!),
  };
}

function write(x: bigint | undefined): string | null {
  return x === undefined ? null : String(x);
}

function read(text: string | null): bigint | undefined {
  return text === null ? undefined : BigInt(text);
}
