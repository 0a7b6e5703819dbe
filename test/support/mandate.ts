/** A fund in memory on a few closes at midnights, whose mandate was run by the engine. */
import { formatFixed } from '../../libs/domain/decimal';
import { CommandFlow } from '../../libs/ledger/command-flow';
import type { Ledger } from '../../libs/ledger/ledger';
import { runMandate } from '../../libs/ledger/mandate-runner';
import { given, memoryLedger } from './ledger';

export interface SmallFund {
  readonly leverage: string;
  /** One a day from 2024-01-01T00:00:00Z on, at most 2 decimals. */
  readonly closes: readonly string[];
  /** Units of 10^-18. */
  readonly slippage?: bigint;
  readonly feeRate?: bigint;
  /** Yearly fraction. */
  readonly management?: string;
}

/** `fund1` on `IDX`: 1,000 units for 100,000.00, reset at each midnight. */
export async function smallFund({ leverage, closes, slippage = 0n, feeRate = 0n, management = '0' }: SmallFund): Promise<Ledger> {
  const ledger = await memoryLedger();
  const day = (i: number): string => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().replace('.000', '');
  const at = day(0);
  const rate = { value: management, unit: 'fraction', period: 'year' };
  const rules = [
    { kind: 'management', trigger: 'at_reset', basis: 'nav', rate, dayCount: 'ACT/365' },
    { kind: 'trading', rate: { value: formatFixed(feeRate, 18), unit: 'fraction' } },
  ];
  await given(
    ledger,
    ['ListInstrument', { instrumentId: 'IDX', kind: 'index', quoteCurrency: 'USD', priceScale: 2, quantityScale: 6 }],
    ...closes.map((price, i): [string, object] => ['RecordPrice', { instrumentId: 'IDX', price, at: day(i), source: 'test' }]),
    [
      'OpenPortfolio',
      {
        portfolioId: 'fund1',
        name: 'A small fund',
        quoteCurrency: 'USD',
        currencyScale: 2,
        unitScale: 2,
        instrumentId: 'IDX',
        targetLeverage: leverage,
        at,
      },
    ],
    ['AdoptMandate', { portfolioId: 'fund1', at, mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, sizing: 'exact' } }],
    ['AdoptFeeSchedule', { portfolioId: 'fund1', at, schedule: { id: 's', version: '1', rules } }],
    ['AdoptSlippageModel', { portfolioId: 'fund1', at, model: { model: 'fixed_bp', bp: formatFixed(slippage, 14) } }],
    ['CreateUnits', { portfolioId: 'fund1', units: '1000', cash: '100000.00', at }],
  );
  await runMandate(ledger, new CommandFlow((envelope) => ledger.submit(envelope)), { portfolioId: 'fund1' });
  return ledger;
}
