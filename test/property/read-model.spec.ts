/**
 * The read model against the plain fold: tape, state log, kept blobs and catching up in pieces answer every question as folding the whole log does.
 */
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
import { cases, Random, runSeed } from '../support/random';
import { tempDir } from '../support/temp';

const seed = runSeed('read model');
const count = cases(2000);

async function check(history: History, random: Random, kept: KeptModel): Promise<void> {
  const store = new MemoryStore({ clock: () => CONTEXT.now });
  let model = await ReadModel.open(store, kept);
  const recorded: bigint[] = [];
  for (const { stream, eventId, type, data, position } of history.events) {
    const at = 'at' in data ? instant(data.at) : SPAN.from;
    const event = { eventId, type, at, data: JSON.stringify(data), metadata: '{"actor":"test","schemaVersion":1}' };
    const [result] = await store.append([
      { stream, expectedRevision: store.streamHead(stream), commandId: eventId, digest: '0'.repeat(32), events: [event] },
    ]);
    recorded.push(result!.recordedAt);
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
