/**
 * Funding files into the ledger: a row is a SettleFunding at the ledger's mark. The command's id is made of portfolio, instrument and time, so that a row read again is the
 * same command, and a row with another rate is a conflict. Rows at whose time nothing was held are counted, not recorded.
 */
import { formatInstant, type Instant } from '../domain/instant';
import { isRefusal, refuse, type Refusal, RefusalError } from '../domain/refusal';
import { type FundingFile, type FundingFileOptions, readFunding } from '../formats/funding';
import { uuidv5 } from '../store/uuid';
import type { Envelope } from './envelope';
import type { Ledger } from './ledger';
import { type Accepted, concluded, type Refused } from './outcomes';

export interface FundingImport extends Omit<FundingFileOptions, 'onProgress'> {
  readonly portfolioId: string;
  readonly instrumentId: string;
  readonly files: readonly string[];
  readonly onProgress?: ((done: number, of: number) => void) | undefined;
}

export interface FundingImportResult {
  readonly portfolioId: string;
  readonly instrumentId: string;
  readonly files: readonly (Pick<FundingFile, 'name' | 'sha256' | 'repeatedCount'> & { readonly rows: number })[];
  readonly recorded: number;
  /** Rows that were there already, with the same rate. */
  readonly skipped: number;
  /** Rows at whose time the portfolio held nothing, or was not open yet. */
  readonly notHeld: number;
  /** Rows that are there with another rate, and rows refused for any other reason. */
  readonly conflictCount: number;
  readonly refusedCount: number;
  /** The first hundred of both. */
  readonly refusals: readonly { readonly file: string; readonly at: string; readonly rate: string; readonly refusal: Refusal }[];
  readonly stopped: boolean;
}

const NAMESPACE = '3f1d9a54-58c6-5f0b-8c44-0d1b8a7e6f35';
/** Commands under way at a time. */
const BLOCK_ROWS = 512;
const REFUSALS_LISTED = 100;

/** Throws RefusalError: UnknownPortfolio, WrongInstrument, FutureTime, and what readFunding refuses; then nothing was recorded. */
export async function importFunding(
  ledger: Ledger,
  submit: (envelope: Envelope) => Promise<Accepted | Refused>,
  options: FundingImport,
): Promise<FundingImportResult> {
  const { portfolioId, instrumentId, signal, onProgress } = options;
  await checkTarget(ledger, portfolioId, instrumentId);
  const files = await readFiles(ledger, options);
  const rows = files.flatMap(({ name, rows }) => rows.map((row) => ({ file: name, ...row })));
  const counts = { recorded: 0, skipped: 0, notHeld: 0, conflictCount: 0, refusedCount: 0 };
  const refusals: FundingImportResult['refusals'][number][] = [];
  let done = 0;
  for (; done < rows.length && !signal?.aborted; done = Math.min(rows.length, done + BLOCK_ROWS)) {
    const block = rows.slice(done, done + BLOCK_ROWS);
    const held = await heldAt(
      ledger,
      portfolioId,
      block.map(({ at }) => at),
    );
    const outcomes: (Accepted | Refused | undefined)[] = [];
    for (const [i, { at, rate }] of block.entries()) {
      outcomes.push(held[i] ? await submit(settlement(portfolioId, instrumentId, at, rate)) : undefined);
    }
    for (const [i, outcome] of outcomes.entries()) {
      const answer = outcome && (await concluded(outcome));
      if (!answer) counts.notHeld++;
      else if (!isRefusal(answer)) counts[answer.status === 'recorded' ? 'recorded' : 'skipped']++;
      else {
        const { file, at, rate } = block[i]!;
        const conflict = answer.refused === 'ReusedCommandId';
        counts[conflict ? 'conflictCount' : 'refusedCount']++;
        const refusal = conflict ? otherRate(rate) : answer;
        if (refusals.length < REFUSALS_LISTED) refusals.push({ file, at: formatInstant(at), rate, refusal });
      }
    }
    onProgress?.(Math.min(rows.length, done + BLOCK_ROWS), rows.length);
  }
  return {
    portfolioId,
    instrumentId,
    files: files.map(({ name, sha256, repeatedCount, rows: { length } }) => ({ name, sha256, rows: length, repeatedCount })),
    ...counts,
    refusals,
    stopped: done < rows.length,
  };
}

function otherRate(rate: string): Refusal {
  return refuse('ReusedCommandId', 'funding of that time is recorded with another rate', { field: 'rate', value: rate });
}

function settlement(portfolioId: string, instrumentId: string, at: Instant, rate: string): Envelope {
  const time = formatInstant(at);
  return {
    command: { name: 'SettleFunding', data: { portfolioId, instrumentId, rate, at: time } },
    commandId: uuidv5(NAMESPACE, `${portfolioId}|${instrumentId}|${time}`),
  };
}

async function checkTarget(ledger: Ledger, portfolioId: string, instrumentId: string): Promise<void> {
  const terms = await ledger.askAbout(portfolioId, undefined, (view) => view.portfolio.terms);
  if (isRefusal(terms)) throw new RefusalError({ ...terms, field: '--portfolio' });
  if (terms.instrumentId !== instrumentId) {
    const about = { field: '--instrument', value: instrumentId };
    throw new RefusalError(refuse('WrongInstrument', `must be ${terms.instrumentId}, the one instrument that the portfolio trades`, about));
  }
}

async function readFiles(ledger: Ledger, { files, signal, stdin, zone }: FundingImport): Promise<FundingFile[]> {
  const read: FundingFile[] = [];
  for (const path of files) {
    const file = await readFunding(path, { signal, stdin, zone });
    const last = file.rows.at(-1)!.at;
    const latest = ledger.latestAllowed();
    if (last > latest) {
      const about = { field: file.name, value: formatInstant(last) };
      throw new RefusalError(
        refuse('FutureTime', `must not hold times later than ${formatInstant(latest)}, the clock plus the allowed skew`, about),
      );
    }
    read.push(file);
  }
  return read;
}

/** Whether the portfolio held anything after what is recorded at each of the times. */
async function heldAt(ledger: Ledger, portfolioId: string, times: readonly Instant[]): Promise<readonly boolean[]> {
  const held = await ledger.askAbout(portfolioId, undefined, ({ portfolio: { terms, timeline } }) =>
    times.map((at) => at >= terms.openedAt && timeline.stateAt(at).quantity !== 0n),
  );
  if (isRefusal(held)) throw new RefusalError(held);
  return held;
}
