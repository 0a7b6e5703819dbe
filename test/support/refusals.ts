/** Given/when/then of refusals: the funds that they start from, and the one test of all of them. */
import type { PortfolioCommands } from '../../libs/domain/commands';
import { isRefusal } from '../../libs/domain/refusal';
import { fill, Fund } from './fund';

export const DAY1 = '2024-01-01T00:00:00Z';
export const DAY2 = '2024-01-02T00:00:00Z';
export const DAY3 = '2024-01-03T00:00:00Z';

export type Ask = {
  [K in keyof PortfolioCommands]: readonly [K, Omit<PortfolioCommands[K], 'portfolioId'> & { portfolioId?: string }];
}[keyof PortfolioCommands];

export interface RefusalCase {
  readonly name: string;
  readonly given: () => Fund;
  readonly when: Ask;
  readonly code: string;
  readonly field: string;
  readonly value: unknown;
}

/** Opened for 3 times on the first day, with nothing in it. */
export const opened = (): Fund => new Fund();

/** 100 units at 10.00 on the second day, price 50.00, holding 60 coins (3 times). Events 2 and 3. */
export function held(): Fund {
  return new Fund()
    .tick(DAY2, '50')
    .given('CreateUnits', { units: '100', cash: '1000', at: DAY2 })
    .given('ExecuteRebalance', rebalance('r1', DAY2, fill('f1', 'buy', '60', '50')));
}

/** Ended on the third day: 1000 − 60 · (50 − 30) = −200. */
export const ended = (): Fund => held().tick(DAY3, '30');

export function rebalance(rebalanceId: string, at: string, ...fills: ReturnType<typeof fill>[]) {
  return { rebalanceId, reason: 'manual' as const, at, fills };
}

export function charge(feeId: string, more: Partial<PortfolioCommands['ChargeFee']>) {
  return { feeId, kind: 'other' as const, at: DAY3, ...more };
}

/** Tests each case: exactly this refusal, and nothing recorded. */
export function testRefusals(cases: readonly RefusalCase[]): void {
  test.each(cases)('$name: $code', ({ given, when: [name, data], code, field, value }) => {
    const fund = given();
    const rows = fund.portfolio?.timeline.length;
    const decided = fund.when(name, data);
    expect(isRefusal(decided) ? { code: decided.refused, field: decided.field, value: decided.value } : decided).toEqual({
      code,
      field,
      value: JSON.stringify(value),
    });
    expect(fund.portfolio?.timeline.length).toBe(rows);
  });
}
