/**
 * What one command comes to on a read model: the events and the request that records them, or a refusal. What was decided is taken into the model at once, so
 * that the next command is decided on it. Deliberately absent: whether the command came before, and what becomes of the request (ledger.ts).
 */
import type { Command, DecideContext } from '../domain/commands';
import { decidePortfolio } from '../domain/decide-portfolio';
import { decidePrice } from '../domain/price-stream';
import { isRefusal, refuse, type Refusal } from '../domain/refusal';
import { MAX_TEXT_BYTES } from '../store/frame-writer';
import { ratesOf } from './entries';
import type { Identified } from './envelope';
import { type LedgerEvent, metadataText, toNewEvent } from './event-codec';
import type { Decided, Refused } from './outcomes';
import type { ReadModel } from './read-model';
import { checkShape } from './shapes';
import { streamOf } from './streams';

/** `digest`: of the command's content. `actor` counts where the envelope names none. */
export async function decide(
  model: ReadModel,
  envelope: Identified,
  digest: string,
  { actor, ...context }: DecideContext & { readonly actor: string },
): Promise<Decided | Refused> {
  const { command, commandId, isNew, expectedRevision } = envelope;
  const stream = streamOf(command);
  const revision = await model.revisionOf(stream);
  const refused = (refusal: Refusal): Refused => ({ commandId, stream, refusal });
  if (expectedRevision !== undefined && expectedRevision !== revision) {
    const about = { field: 'expectedRevision', value: String(expectedRevision), detail: { actual: String(revision) } };
    return refused(refuse('WrongRevision', `${stream} is at revision ${revision}`, about));
  }
  const events = await eventsOf(model, command, context);
  if (isRefusal(events)) return refused(events);
  const metadata = metadataText({ actor, ...envelope });
  const news = events.map((event, i) => toNewEvent(event, commandId, i, metadata, context.now));
  // The store would fail the whole group.
  const largest = Math.max(...news.map(({ data }) => (data.length * 3 > MAX_TEXT_BYTES ? Buffer.byteLength(data) : 0)));
  if (largest > MAX_TEXT_BYTES) {
    const rule = `must make events of at most ${MAX_TEXT_BYTES} bytes; this would be one of ${largest}`;
    return refused(refuse('InvalidField', rule, { field: '' }));
  }
  const firstPosition = model.take(stream, revision, events, news);
  const request = { stream, expectedRevision: revision, commandId, ...(isNew && { isNew }), digest, events: news };
  return { commandId, stream, events, firstPosition, request };
}

async function eventsOf(model: ReadModel, command: Command, context: DecideContext): Promise<LedgerEvent[] | Refusal> {
  if ('portfolioId' in command.data) {
    const { portfolioId } = command.data;
    const entry = await model.portfolio(portfolioId);
    const instrumentId = command.name === 'OpenPortfolio' ? command.data.instrumentId : entry?.fund.terms.instrumentId;
    const instrument = instrumentId === undefined ? undefined : model.instrument(instrumentId);
    const known = {
      portfolio: entry?.fund,
      listing: instrument?.listing,
      prices: instrument ? instrument.tape.view(Number.MAX_SAFE_INTEGER) : NO_PRICES,
      rates: ratesOf(model),
      ...(entry ? { ending: entry.ending } : {}),
    };
    return decidePortfolio(known, command as Extract<Command, { data: { portfolioId: string } }>, context, checkShape);
  }
  const price = command as Exclude<Command, { data: { portfolioId: string } }>;
  const instrument = model.instrument(price.data.instrumentId);
  const corrected =
    price.name === 'CorrectPrice' && instrument ? await model.findTick(price.data.instrumentId, price.data.corrects) : undefined;
  return decidePrice(instrument?.listing, price, context, corrected);
}

const NO_PRICES = { at: () => undefined, next: () => undefined, firstOutside: () => undefined };
