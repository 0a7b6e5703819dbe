/** A fund of a few days of COIN, and its fee audit. */
import { instant } from '../../libs/domain/instant';
import type { FeeRule } from '../../libs/domain/fee-schedule';
import { isRefusal } from '../../libs/domain/refusal';
import { feeAudit } from '../../libs/ledger/fee-audit';
import type { Ledger } from '../../libs/ledger/ledger';
import type { FeeAuditAnswer } from '../../libs/projections/fee-audit/answer';
import { given, memoryLedger } from './ledger';

export type Line = readonly [name: string, data: object];

export const day = (n: number, time = '00:00:00'): string => `2024-01-${String(n).padStart(2, '0')}T${time}Z`;
export const on = (name: string, data: object): Line => [name, { portfolioId: 'fund', ...data }];
export const tick = (at: string, price: string): Line => ['RecordPrice', { instrumentId: 'coin', price, at, source: 'x' }];
export const adopt = (rules: readonly FeeRule[], at = day(1), version = '1'): Line =>
  on('AdoptFeeSchedule', { at, schedule: { id: 'terms', version, rules } });
export const accrue = (n: number): Line => on('AccrueFees', { through: day(n) });
export const trade = (id: string, at: string, quantity: string, price: string, more: object = {}): Line =>
  on('ExecuteRebalance', {
    rebalanceId: id,
    reason: 'manual',
    at,
    fills: [{ fillId: `${id}-1`, instrumentId: 'coin', side: 'buy', quantity, price, ...more }],
  });

const OPENED: readonly Line[] = [
  ['ListInstrument', { instrumentId: 'coin', kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 3 }],
  ['ListInstrument', { instrumentId: 'fed', kind: 'rate', quoteCurrency: 'USD', priceScale: 6, quantityScale: 0 }],
  ['RecordPrice', { instrumentId: 'fed', price: '0.050000', at: day(1), source: 'x' }],
  tick(day(1), '100.00'),
  [
    'OpenPortfolio',
    {
      portfolioId: 'fund',
      name: 'Fund',
      quoteCurrency: 'USD',
      currencyScale: 2,
      unitScale: 4,
      instrumentId: 'coin',
      targetLeverage: '3',
      at: day(1),
    },
  ],
  on('AdoptMandate', { at: day(1), mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, sizing: 'exact' } }),
];
export const UNITS = on('CreateUnits', { units: '1000', cash: '100000.00', at: day(1) });
export const YEARLY: FeeRule = {
  kind: 'management',
  trigger: 'at_reset',
  basis: 'nav',
  rate: { value: '0.0365', unit: 'fraction', period: 'year' },
  dayCount: 'ACT/365',
};

export async function fund(...lines: readonly Line[]): Promise<Ledger> {
  const ledger = await memoryLedger();
  await given(ledger, ...OPENED, ...lines);
  return ledger;
}

export async function audit(ledger: Ledger, knownAt?: 'now', from = day(1), to = day(31)): Promise<FeeAuditAnswer> {
  const known = knownAt === undefined ? undefined : ledger.store.head().recordedAt;
  const answer = await feeAudit(ledger, 'fund', instant(from), instant(to), known, {});
  if (isRefusal(answer)) throw new Error(JSON.stringify(answer));
  return answer;
}

/** Of the last event of a type. */
export async function lastEvent(ledger: Ledger, type: string): Promise<string> {
  let found = '';
  for await (const slice of ledger.store.readAll(0)) for (const frame of slice.frames()) if (frame.type === type) found = frame.eventId;
  return found;
}

export const MARKET: readonly Line[] = [tick(day(2), '104.00'), tick(day(3), '99.00'), tick(day(4), '120.00')];
