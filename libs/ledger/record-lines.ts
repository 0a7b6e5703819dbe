/**
 * Lines of commands in, a line of answer each out, in order. Lines are decided one after the other while earlier ones are made durable; an answer is given when
 * its line is durable or refused. Invariant: at most {@link IN_FLIGHT} lines are held, however long the input and however slow whoever takes the answers.
 */
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import type { NdjsonLine } from '../formats/ndjson';
import { type Envelope, readLine } from './envelope';
import type { Ledger } from './ledger';
import type { Accepted, Answer, Refused } from './outcomes';
import { faultOf, isFault, type Problem, problemOf, problemOfRefusal } from './problem';

/** Null where a refused line has none. `accepted` answers a dry run. */
export interface LineAnswer {
  /** From 1. */
  readonly line: number;
  readonly status: Answer['status'] | 'refused' | 'accepted';
  readonly commandId: string | null;
  readonly stream: string | null;
  /** Of the last event written. */
  readonly revision: string | null;
  readonly position: string | null;
  readonly eventIds: readonly string[];
  readonly recordedAt: string | null;
  readonly problem?: Problem;
}

/** What a line asks for; a border that lets not everyone send everything gives its own. */
export type ReadLine = (text: string) => Envelope | Refusal;

const IN_FLIGHT = 4096;

/**
 * Tries every line. When the store fails, what was lost is answered as refused with the store's problem and no further line is read. Throws what `lines` throws, after the
 * answers to the lines before.
 */
export function recordLines(
  submit: (envelope: Envelope) => Promise<Accepted | Refused>,
  lines: AsyncIterable<NdjsonLine>,
  read: ReadLine = readLine,
): AsyncGenerator<LineAnswer, void, undefined> {
  return ahead(decided(submit, lines, read), IN_FLIGHT);
}

/** Records all lines in one commit, or none when any is refused. `dryRun`: none in any case. Throws what `lines` throws. */
export async function recordAtomically(
  ledger: Ledger,
  lines: AsyncIterable<NdjsonLine>,
  dryRun: boolean,
  readOne: ReadLine = readLine,
): Promise<LineAnswer[]> {
  const read = await readAll(lines, readOne);
  const envelopes = read.flatMap(({ envelope }) => (isRefusal(envelope) ? [] : [envelope]));
  const unreadable = envelopes.length < read.length;
  const outcomes = unreadable ? [] : await ledger.submitAll(envelopes, dryRun);
  const refusals = read.map(({ envelope }, i) => (isRefusal(envelope) ? envelope : refusalIn(outcomes[i])));
  const first = read[refusals.findIndex((refusal) => refusal !== undefined)]?.line;
  return Promise.all(
    read.map(async ({ line, envelope }, i) => {
      const outcome = outcomes[i];
      const about = outcome ?? (isRefusal(envelope) ? undefined : { commandId: envelope.commandId });
      const refusal = refusals[i] ?? (first === undefined ? undefined : batchRefusal(first));
      if (refusal) return refused(line, problemOfRefusal(refusal), about);
      return dryRun ? dryAnswer(line, outcome as Accepted) : answered(line, outcome as Accepted);
    }),
  );
}

/** Decides all lines as {@link recordLines} would, and records nothing. */
export async function recordNothing(ledger: Ledger, lines: AsyncIterable<NdjsonLine>, readOne: ReadLine = readLine): Promise<LineAnswer[]> {
  const read = await readAll(lines, readOne);
  const outcomes = await ledger.submitAll(
    read.flatMap(({ envelope }) => (isRefusal(envelope) ? [] : [envelope])),
    true,
  );
  let next = 0;
  return read.map(({ line, envelope }) => {
    if (isRefusal(envelope)) return refused(line, problemOfRefusal(envelope));
    const outcome = outcomes[next++]!;
    return 'refusal' in outcome ? refused(line, problemOfRefusal(outcome.refusal), outcome) : dryAnswer(line, outcome);
  });
}

async function* decided(
  submit: (envelope: Envelope) => Promise<Accepted | Refused>,
  lines: AsyncIterable<NdjsonLine>,
  read: ReadLine,
): AsyncGenerator<{ readonly answer: Promise<LineAnswer> }, void, undefined> {
  let failed = false;
  for await (const { line, text, refusal } of lines) {
    const envelope = refusal ?? read(text);
    if (isRefusal(envelope)) {
      yield { answer: Promise.resolve(refused(line, problemOfRefusal(envelope))) };
      continue;
    }
    const answer = answerTo(line, envelope, await submit(envelope).catch(faultOnly));
    void answer.then(({ problem }) => (failed ||= problem !== undefined && isFault(problem)));
    yield { answer };
    // Lets an answer that is already there be seen.
    await Promise.resolve();
    if (failed) return;
  }
}

/** The answers in order, while up to `limit` further ones are being made. */
async function* ahead(
  source: AsyncGenerator<{ readonly answer: Promise<LineAnswer> }, void, undefined>,
  limit: number,
): AsyncGenerator<LineAnswer, void, undefined> {
  const made: Promise<LineAnswer>[] = [];
  let ended: { readonly error?: unknown } | undefined;
  let stopped = false;
  let wake = (): void => undefined;
  const change = (): Promise<void> => new Promise((resolve) => (wake = resolve));
  const read = async (): Promise<void> => {
    for await (const { answer } of source) {
      made.push(answer);
      wake();
      while (made.length >= limit && !stopped) await change();
      if (stopped) return;
    }
  };
  const reading = read().then(
    () => (ended = {}),
    (error: unknown) => (ended = { error }),
  );
  void reading.then(() => wake());
  try {
    for (;;) {
      const next = made.shift();
      if (next) {
        wake();
        yield await next;
      } else if (ended) {
        if ('error' in ended) throw ended.error;
        return;
      } else await change();
    }
  } finally {
    stopped = true;
    wake();
  }
}

async function readAll(
  lines: AsyncIterable<NdjsonLine>,
  read: ReadLine,
): Promise<{ readonly line: number; readonly envelope: Envelope | Refusal }[]> {
  const all = [];
  for await (const { line, text, refusal } of lines) all.push({ line, envelope: refusal ?? read(text) });
  return all;
}

/** A store that fails while deciding is an answer too; a defect is none. */
function faultOnly(error: unknown): { readonly fault: unknown } {
  if (faultOf(error) === undefined) throw error;
  return { fault: error };
}

function answerTo(line: number, envelope: Envelope, outcome: Accepted | Refused | { readonly fault: unknown }): Promise<LineAnswer> {
  if ('fault' in outcome) return Promise.resolve(refused(line, problemOf(outcome.fault), envelope));
  if ('refusal' in outcome) return Promise.resolve(refused(line, problemOfRefusal(outcome.refusal), outcome));
  return answered(line, outcome);
}

function refusalIn(outcome: Accepted | Refused | undefined): Refusal | undefined {
  return outcome && 'refusal' in outcome ? outcome.refusal : undefined;
}

function batchRefusal(line: number): Refusal {
  return refuse('BatchRefused', `nothing was recorded, because line ${line} was refused`, { detail: { line: String(line) } });
}

function answered(line: number, outcome: Accepted): Promise<LineAnswer> {
  return outcome.recorded.then(
    (answer) => ({ line, ...answer }),
    (error: unknown) => refused(line, problemOf(error), outcome),
  );
}

function dryAnswer(line: number, { commandId, stream }: Accepted): LineAnswer {
  return { line, status: 'accepted', commandId, stream, revision: null, position: null, eventIds: [], recordedAt: null };
}

function refused(
  line: number,
  problem: Problem,
  about: { readonly commandId?: string | undefined; readonly stream?: string } = {},
): LineAnswer {
  const { commandId = null, stream = null } = about;
  return { line, status: 'refused', commandId, stream, revision: null, position: null, eventIds: [], recordedAt: null, problem };
}
