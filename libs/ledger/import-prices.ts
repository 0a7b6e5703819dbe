/**
 * Price files into the ledger. All files are read and checked before the first price is recorded; then rows that are there already are left out, and rows that are there
 * with another price are reported. Prices are recorded in chunks, so an import that was stopped has recorded whole chunks, and run again it records the rest.
 */
import { formatFixed } from '../domain/decimal';
import { formatInstant } from '../domain/instant';
import { refuse, RefusalError } from '../domain/refusal';
import { type PriceFile, type PriceFileOptions, readPrices } from '../formats/prices';
import type { Ledger } from './ledger';
import { isOvertaken, MAX_TRIES, pause } from './overtaken';
import type { Tick } from './price-chunk';
import { priceStream } from './streams';

export interface PriceImport extends Omit<PriceFileOptions, 'priceScale' | 'allowNegative' | 'onProgress'> {
  readonly instrumentId: string;
  readonly files: readonly string[];
  /** What rows are known by, with instrument and time; default: the format's name. */
  readonly source?: string | undefined;
  readonly onProgress?: ((phase: 'reading' | 'recording', done: number, of: number | undefined) => void) | undefined;
}

export interface PriceImportResult {
  readonly instrumentId: string;
  readonly source: string;
  readonly files: readonly (Pick<PriceFile, 'name' | 'sha256' | 'gaps' | 'missing' | 'roundedCount' | 'repeatedCount'> & {
    readonly rows: number;
  })[];
  readonly recorded: number;
  /** Rows that were there already, with the same price. */
  readonly skipped: number;
  readonly conflictCount: number;
  /** The first hundred. */
  readonly conflicts: readonly PriceConflict[];
  /** Whether the signal stopped it. */
  readonly stopped: boolean;
}

export interface PriceConflict {
  readonly file: string;
  readonly at: string;
  readonly recorded: string;
  readonly given: string;
}

const CHUNK_ROWS = 1_000;
/** Rows that are looked up and recorded together: the chunks of a block share a commit. */
const BLOCK_ROWS = 8 * CHUNK_ROWS;
const CONFLICTS_LISTED = 100;

/** Throws RefusalError: UnknownInstrument, FutureTime, and what readPrices refuses; then nothing was recorded. A StoreError may come after some chunks. */
export async function importPrices(ledger: Ledger, options: PriceImport): Promise<PriceImportResult> {
  const { instrumentId, signal, onProgress } = options;
  const source = options.source ?? options.format;
  if (source.length < 1 || source.length > 64) {
    throw new RefusalError(refuse('InvalidField', 'must be a text of 1 to 64 characters', { field: '--source', value: source }));
  }
  const files = await readFiles(ledger, options);
  const total = files.reduce((sum, { prices }) => sum + prices.count, 0);
  let recorded = 0;
  let skipped = 0;
  let conflictCount = 0;
  let done = 0;
  const conflicts: PriceConflict[] = [];
  for (const file of files) {
    for (let first = 0; first < file.prices.count && !signal?.aborted; first += BLOCK_ROWS) {
      const end = Math.min(file.prices.count, first + BLOCK_ROWS);
      const found = await recordRows(ledger, instrumentId, source, file, first, end);
      recorded += found.recorded;
      conflictCount += found.conflicts.length;
      skipped += end - first - found.recorded - found.conflicts.length;
      conflicts.push(...found.conflicts.slice(0, CONFLICTS_LISTED - conflicts.length));
      done += end - first;
      onProgress?.('recording', done, total);
    }
  }
  return {
    instrumentId,
    source,
    files: files.map(({ name, sha256, gaps, missing, roundedCount, repeatedCount, prices }) => {
      return { name, sha256, rows: prices.count, gaps, missing, roundedCount, repeatedCount };
    }),
    recorded,
    skipped,
    conflictCount,
    conflicts,
    stopped: done < total,
  };
}

async function readFiles(ledger: Ledger, { instrumentId, files, onProgress, source: _, ...options }: PriceImport): Promise<PriceFile[]> {
  const listing = await ledger.ask((model) => model.instrument(instrumentId)?.listing);
  if (listing?.instrumentId !== instrumentId) {
    const near = listing ? `, such as ${listing.instrumentId}` : ': record ListInstrument first';
    throw new RefusalError(
      refuse('UnknownInstrument', `must be a listed instrument${near}`, { field: '--instrument', value: instrumentId }),
    );
  }
  const read: PriceFile[] = [];
  for (const file of files) {
    const prices = await readPrices(file, {
      ...options,
      priceScale: listing.priceScale,
      allowNegative: listing.kind === 'rate',
      onProgress: ({ bytes, total }) => onProgress?.('reading', bytes, total),
    });
    const last = prices.prices.at(prices.prices.count - 1);
    const latest = ledger.latestAllowed();
    if (last > latest) {
      const about = { field: prices.name, value: formatInstant(last) };
      throw new RefusalError(
        refuse('FutureTime', `must not hold times later than ${formatInstant(latest)}, the clock plus the allowed skew`, about),
      );
    }
    read.push(prices);
  }
  return read;
}

/** Records the rows that are not there yet; looks again when another process wrote meanwhile, so that none is recorded twice. Throws StoreError. */
async function recordRows(
  ledger: Ledger,
  instrumentId: string,
  source: string,
  file: PriceFile,
  first: number,
  end: number,
): Promise<{ recorded: number; conflicts: readonly PriceConflict[] }> {
  let recorded = 0;
  for (let tries = 1; ; tries++) {
    const { fresh, conflicts, revision } = await lookUp(ledger, instrumentId, source, file, first, end);
    const outcome = await recordTicks(ledger, instrumentId, source, fresh, revision);
    recorded += outcome.recorded;
    if (!('error' in outcome)) return { recorded, conflicts };
    if (!isOvertaken(outcome.error) || tries > MAX_TRIES) throw outcome.error;
    await pause(tries);
  }
}

/** Which rows of a file are not there yet, and which are with another price, at a revision of the stream. */
function lookUp(
  ledger: Ledger,
  instrumentId: string,
  source: string,
  { name, prices }: PriceFile,
  first: number,
  end: number,
): Promise<{ fresh: Tick[]; conflicts: PriceConflict[]; revision: number }> {
  return ledger.ask(async (model) => {
    const { tape } = model.instrument(instrumentId)!;
    const fresh: Tick[] = [];
    const conflicts: PriceConflict[] = [];
    for (let i = first; i < end; i++) {
      const at = prices.at(i);
      const price = prices.priceUnits(i);
      const there = tape.recorded(at, source);
      if (there.length === 0) fresh.push({ at, price });
      else if (!there.includes(price)) {
        const recorded = formatFixed(there[there.length - 1]!, prices.priceScale);
        conflicts.push({ file: name, at: formatInstant(at), recorded, given: prices.priceText(i) });
      }
    }
    return { fresh, conflicts, revision: await model.revisionOf(priceStream(instrumentId)) };
  });
}

/** Resolves when everything was answered; `error`: why not all of it is recorded. */
async function recordTicks(
  ledger: Ledger,
  instrumentId: string,
  source: string,
  ticks: readonly Tick[],
  revision: number,
): Promise<{ recorded: number; error?: unknown }> {
  const chunks: Promise<number>[] = [];
  for (let i = 0; i < ticks.length; i += CHUNK_ROWS) {
    const rows = ticks.slice(i, i + CHUNK_ROWS);
    const sent = ledger.submitPrices(instrumentId, source, rows, revision + i);
    chunks.push(sent.then(async ({ recorded }) => ((await recorded).status === 'recorded' ? rows.length : 0)));
    // One that fails is met below.
    await sent.catch(() => undefined);
  }
  const answers = await Promise.allSettled(chunks);
  const failed = answers.find((answer) => answer.status === 'rejected');
  const recorded = answers.reduce((sum, answer) => sum + (answer.status === 'fulfilled' ? answer.value : 0), 0);
  return failed ? { recorded, error: failed.reason as unknown } : { recorded };
}
