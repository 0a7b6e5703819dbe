/**
 * The read model against the plain fold: tape, state log, kept blobs and catching up in pieces answer every question as folding the whole log does.
 */
import { formatFixed } from '../../libs/domain/decimal';
import { formatInstant, instant } from '../../libs/domain/instant';
import { isRefusal } from '../../libs/domain/refusal';
import { KEPT_VERSION, KeptModel } from '../../libs/ledger/kept-model';
import { ReadModel } from '../../libs/ledger/read-model';
import { attributionAnswer } from '../../libs/projections/attribution';
import { navAnswer } from '../../libs/projections/nav';
import type { View } from '../../libs/projections/view';
import { DerivedFile } from '../../libs/store/derived';
import { MemoryStore } from '../../libs/store/memory';
import { CONTEXT, type History, ID, moment, randomHistory, SPAN, viewOf } from '../support/histories';
import { NaivePrices } from '../support/naive-prices';
import type { RawEvent } from '../support/oracle';
import { cases, Random, runSeed } from '../support/random';
import { tempDir } from '../support/temp';

const seed = runSeed('read model');
const count = cases(2000);

/** Answers when it was recorded. */
async function append(store: MemoryStore, { stream, eventId, type, data }: RawEvent): Promise<bigint> {
  const at = 'at' in data ? instant(data.at) : SPAN.from;
  const event = { eventId, type, at, data: JSON.stringify(data), metadata: '{"actor":"test","schemaVersion":1}' };
  const request = { stream, expectedRevision: store.streamHead(stream), commandId: eventId, digest: '0'.repeat(32), events: [event] };
  const [result] = await store.append([request]);
  return result!.recordedAt;
}

async function check(history: History, random: Random, kept: KeptModel): Promise<void> {
  const store = new MemoryStore({ clock: () => CONTEXT.now });
  let model = await ReadModel.open(store, kept);
  const recorded: bigint[] = [];
  for (const raw of history.events) {
    const { position } = raw;
    recorded.push(await append(store, raw));
    const last = position === history.events.length - 1;
    if (!last && !random.oneIn(16)) continue;
    await model.catchUp();
    if (position > 1) await compare(position);
    if (random.oneIn(3)) {
      // Another process goes on from what this one kept.
      model.keep(true);
      model = await ReadModel.open(store, kept);
      if (position > 1) await compare(position);
    }
  }

  async function compare(position: number): Promise<void> {
    const opened = history.events.findIndex((e) => e.type === 'PortfolioOpened');
    if (position < opened) return;
    if (random.oneIn(2)) await model.portfolio(ID);
    for (const known of [position, random.between(opened, position)]) {
      const knownAt = known === position ? undefined : recorded[known]!;
      const view = await model.view(ID, knownAt);
      if (isRefusal(view)) throw new Error(JSON.stringify(view));
      const plain: View = { ...viewOf(history, known), knownAt: recorded[known]! };
      // Whether and when the fund ended.
      expect({ known, position, nav: navAnswer(view, SPAN.until) }).toEqual({ known, position, nav: navAnswer(plain, SPAN.until) });
      for (let i = 0; i < 2; i++) {
        const [from, to] = [moment(history, random), moment(history, random)].sort((a, b) => (a < b ? -1 : 1)) as [bigint, bigint];
        const about = { known, position, from: formatInstant(from), to: formatInstant(to) };
        expect({ ...about, nav: navAnswer(view, to) }).toEqual({ ...about, nav: navAnswer(plain, to) });
        expect({ ...about, attribution: attributionAnswer(view, from, to) }).toEqual({
          ...about,
          attribution: attributionAnswer(plain, from, to),
        });
      }
    }
  }
}

test(`an answer by index is the answer by plain fold, as known at any moment (${count} histories)`, async () => {
  const derived = DerivedFile.open(tempDir(), { version: KEPT_VERSION, storeId: '00000000-0000-4000-8000-000000000000' });
  const kept = new KeptModel(derived);
  for (let i = 0; i < count; i++) {
    kept.clear();
    const history = randomHistory(seed + i);
    try {
      await check(history, new Random(seed - i), kept);
    } catch (error) {
      throw new Error(`history ${seed + i}: ${(error as Error).message}`, { cause: error });
    }
  }
  kept.close();
}, 1_200_000);

test('a late fact among rows that were kept long ago is seen by the next process', async () => {
  const fund = randomHistory(1);
  const opening = fund.events.filter((e) => e.type === 'InstrumentListed' || e.type === 'PortfolioOpened');
  const events: RawEvent[] = [];
  const record = (event: Omit<RawEvent, 'position' | 'recordedAt' | 'eventId'>): void => {
    const position = events.length;
    const eventId = `00000000-0000-4000-9000-${position.toString(16).padStart(12, '0')}`;
    events.push({ ...event, position, eventId, recordedAt: CONTEXT.now + BigInt(position) });
  };
  const interest = (minute: number): void => {
    const at = formatInstant(instant('2024-03-08T00:00:00Z') + BigInt(minute) * 60_000_000_000n);
    const amount = formatFixed(BigInt(events.length), fund.portfolio.terms.currencyScale);
    record({ stream: `portfolio-${ID}`, type: 'InterestAccrued', data: { portfolioId: ID, amount, at } });
  };
  const store = new MemoryStore({ clock: () => CONTEXT.now });
  const kept = new KeptModel(DerivedFile.open(tempDir(), { version: KEPT_VERSION, storeId: store.storeId }));
  let stored = 0;
  const goOn = async (): Promise<ReadModel> => {
    for (; stored < events.length; stored++) await append(store, events[stored]!);
    const model = await ReadModel.open(store, kept);
    expect(isRefusal(await model.view(ID))).toBe(false);
    model.keep(true);
    return model;
  };
  for (const { stream, type, data } of opening) record({ stream, type, data });
  for (let minute = 0; minute < 2000; minute++) interest(minute * 2);
  await goOn();
  for (const late of [1999, 3, 2501]) {
    interest(late);
    await goOn();
    const view = await (await goOn()).view(ID);
    if (isRefusal(view)) throw new Error(JSON.stringify(view));
    const plain = viewOf({ events, listing: fund.listing, prices: new NaivePrices() }, events.length - 1);
    const cash = ({ portfolio: { timeline } }: View): bigint[] =>
      Array.from({ length: timeline.length }, (_, i) => timeline.row(i)!.state.cash);
    expect(cash(view)).toEqual(cash(plain));
  }
  kept.close();
});
