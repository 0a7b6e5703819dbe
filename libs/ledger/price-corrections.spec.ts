/** Corrections of corrections: what a price's time is when a later correction gives none. */
import { given, memoryLedger } from '../../test/support/ledger';
import { MemoryStore } from '../store/memory';

const LISTED = ['ListInstrument', { instrumentId: 'X', kind: 'spot', quoteCurrency: 'USD', priceScale: 2, quantityScale: 2 }] as const;
const PRICE = ['RecordPrice', { instrumentId: 'X', price: '10', at: '2024-01-01T00:00:00Z', source: 'paper' }] as const;

test.each(['in one process', 'in another process'])('a price that was moved stays where it was moved to, %s', async (where) => {
  const store = new MemoryStore();
  const ledger = await memoryLedger(store);
  const [, recorded] = await given(ledger, LISTED, PRICE);
  const tick = recorded!.eventIds[0]!;
  const correct = (corrects: string, price: string, at?: string) =>
    ['CorrectPrice', { instrumentId: 'X', corrects, price, reason: 'typing', ...(at === undefined ? {} : { at }) }] as const;
  const [moved] = await given(ledger, correct(tick, '11', '2024-01-03T00:00:00Z'));
  const later = where === 'in one process' ? ledger : await memoryLedger(store);
  // By the price's own id, and by the correction's.
  for (const id of [tick, moved!.eventIds[0]!]) await given(later, correct(id, '12'));
  const marks = await later.ask((model) => {
    const prices = model.instrument('X')!.tape.view();
    return ['2024-01-02T00:00:00Z', '2024-01-03T00:00:00Z'].map((t) => prices.at(BigInt(Date.parse(t)) * 1_000_000n)?.price);
  });
  expect(marks).toEqual([undefined, 1200n]);
});
