/** Worked examples with exact figures: published reset paths, a window with every common cost, and tracking figures. */
import { fixed, formatFixed, formatRatio } from '../../libs/domain/decimal';
import type { Terms } from '../../libs/domain/facts';
import { instant } from '../../libs/domain/instant';
import { isRefusal } from '../../libs/domain/refusal';
import { attributionAnswer } from '../../libs/projections/attribution';
import { DIGITS, formatPoint, ONE } from '../../libs/projections/fixed-point';
import { navAnswer } from '../../libs/projections/nav';
import { indexPath, tracking } from '../../libs/projections/tracking';
import { given, memoryLedger, viewOf } from '../support/ledger';
import attr from './attribution-3x.json';
import paths from './published-paths.json';
import trackingVector from './tracking.json';

const day = (n: number): string => `2024-01-${String(n + 1).padStart(2, '0')}T00:00:00Z`;

describe('published paths of daily reset tokens', () => {
  it.each(paths.map((p) => [`${p.L}x over ${p.path.join(', ')}: ${p.published}`, p] as const))(
    '%s',
    async (_, { L, path, exact_return, static_return }) => {
      const ledger = await memoryLedger();
      await given(
        ledger,
        ['ListInstrument', { instrumentId: 'X', kind: 'index', quoteCurrency: 'USD', priceScale: 4, quantityScale: 6 }],
        ...path.map((price, i) => ['RecordPrice', { instrumentId: 'X', price, at: day(i), source: 'paper' }] as const),
        [
          'OpenPortfolio',
          {
            portfolioId: 'p',
            name: 'p',
            quoteCurrency: 'USD',
            currencyScale: 2,
            unitScale: 2,
            instrumentId: 'X',
            targetLeverage: String(L),
            at: day(0),
          },
        ],
        ['AdoptMandate', { portfolioId: 'p', at: day(0), mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, sizing: 'exact' } }],
        ['CreateUnits', { portfolioId: 'p', units: '1', cash: '1', at: day(0) }],
      );
      const answer = attributionAnswer(await viewOf(ledger, 'p'), instant(day(0)), instant(day(path.length - 1)));
      if (isRefusal(answer)) throw new Error(answer.rule);
      const plusOne = (frac: string): string => {
        const [num, den] = frac.split('/').map(BigInt) as [bigint, bigint];
        return formatRatio(num + den, den, 18);
      };
      expect([answer.benchmarks.ideal, answer.benchmarks.static]).toEqual([plusOne(exact_return.frac), plusOne(static_return.frac)]);
    },
  );
});

describe('a 3x fund that buys 1,000 at 120.12 after a rise to 120, pays funding and a fee on NAV, and sees 108', () => {
  const open = async (): Promise<Awaited<ReturnType<typeof viewOf>>> => {
    const ledger = await memoryLedger();
    await given(
      ledger,
      ['ListInstrument', { instrumentId: 'X', kind: 'perp', quoteCurrency: 'USD', priceScale: 2, quantityScale: 0 }],
      ['RecordPrice', { instrumentId: 'X', price: attr.p0, at: day(0), source: 'paper' }],
      [
        'OpenPortfolio',
        {
          portfolioId: 'p',
          name: 'p',
          quoteCurrency: 'USD',
          currencyScale: 6,
          unitScale: 0,
          instrumentId: 'X',
          targetLeverage: '3',
          at: day(0),
        },
      ],
      ['AdoptMandate', { portfolioId: 'p', at: day(0), mandate: { resets: { cron: '0 0 * * *', zone: 'UTC' }, sizing: 'exact' } }],
      ['CreateUnits', { portfolioId: 'p', units: attr.units0, cash: attr.nav0, at: day(0) }],
      [
        'ExecuteRebalance',
        {
          portfolioId: 'p',
          rebalanceId: 'r0',
          reason: 'creation',
          at: day(0),
          fills: [{ fillId: 'f0', instrumentId: 'X', side: 'buy', quantity: attr.qty0, price: '100' }],
        },
      ],
      ['RecordPrice', { instrumentId: 'X', price: '120', at: day(1), source: 'paper' }],
      [
        'ExecuteRebalance',
        {
          portfolioId: 'p',
          rebalanceId: 'r1',
          reason: 'scheduled',
          at: day(1),
          fills: [{ fillId: 'f1', instrumentId: 'X', side: 'buy', quantity: '1000', price: '120.12', fee: '60.06' }],
        },
      ],
      ['SettleFunding', { portfolioId: 'p', instrumentId: 'X', rate: '0.0001', mark: '120', at: day(1) }],
      ['ChargeFee', { portfolioId: 'p', feeId: 'm1', kind: 'management', rateOfNav: '0.0003', at: day(1) }],
      ['RecordPrice', { instrumentId: 'X', price: '108', at: '2024-01-02T12:00:00Z', source: 'paper' }],
    );
    return viewOf(ledger, 'p');
  };

  it('splits the change into the published terms, each exact at 18 decimals', async () => {
    const answer = attributionAnswer(await open(), instant(day(0)), instant('2024-01-02T12:00:00Z'));
    if (isRefusal(answer)) throw new Error(answer.rule);
    const { attribution: a, benchmarks: b, cost_carry_by_kind: carry } = attr;
    const wanted = (x: { dec: string }): string =>
      formatPoint(
        BigInt(x.dec.replace('.', '').padEnd(x.dec.replace('.', '').length + DIGITS - (x.dec.split('.')[1]?.length ?? 0), '0')),
        18,
      );
    expect({
      n0: answer.n0,
      nT: answer.nT,
      change: answer.change,
      ...answer.ledger,
      ...answer.economic,
      benchmarks: answer.benchmarks,
    }).toEqual({
      n0: wanted(attr.n0),
      nT: wanted(attr.nT),
      change: wanted(attr.delta),
      pricePnl: wanted(attr.ledger_view.price_pnl),
      static: wanted(a.static),
      convexity: wanted(a.convexity),
      volDrag: wanted(a.vol_drag),
      drift: wanted(a.drift),
      slippage: wanted(a.slippage),
      tradingFee: wanted(a.trading_fee),
      funding: wanted(a.funding),
      borrow: wanted(a.borrow),
      management: wanted(a.mgmt_fee),
      performance: wanted(a.perf_fee),
      other: wanted(a.other_fee),
      flowDilution: wanted(a.flow_dilution),
      rounding: wanted({ dec: '0' }),
      costCarry: {
        total: wanted(a.cost_carry),
        byKind: {
          slippage: wanted(carry.slippage),
          tradingFee: wanted(carry.trading_fee),
          funding: wanted(carry.funding),
          management: wanted(carry.mgmt_fee),
          borrow: wanted({ dec: '0' }),
          performance: wanted({ dec: '0' }),
          other: wanted({ dec: '0' }),
          flowDilution: wanted({ dec: '0' }),
          rounding: wanted({ dec: '0' }),
        },
      },
      benchmarks: {
        static: wanted(b.static),
        power: wanted(b.power),
        ideal: wanted(b.ideal),
        actualLeverage: wanted(b.actual_leverage_frictionless),
      },
    });
  });

  it('shows NAV, leverage and cash of the last event', async () => {
    const answer = navAnswer(await open(), instant('2024-01-02T12:00:00Z'));
    const last = attr.event_log.at(-1)!;
    expect(answer).toMatchObject({
      nav: last.nav,
      navPerUnit: `${last.nav_per_unit_adj}000000000`,
      leverage: last.leverage,
      cash: { USD: last.cash },
      positions: [{ quantity: last.qty }],
    });
  });

  it('has the published cash and position after each fact', async () => {
    const { timeline, terms } = (await open()).portfolio;
    const states = [2, 3, 4].map((i) => timeline.row(i)!.state);
    const published = attr.event_log.filter(({ type }) => ['RebalanceExecuted', 'FundingPaid', 'FeeCharged'].includes(type));
    expect(states.map((s) => [formatFixed(s.cash, terms.currencyScale), String(s.quantity)])).toEqual(
      published.map(({ cash, qty }) => [formatFixed(fixed(cash, 6), 6), qty]),
    );
  });
});

describe('tracking', () => {
  const terms = { targetLeverage: 300n } as Terms;
  const scaled = (text: string): bigint =>
    BigInt(text.replace('.', '').replace('-', '')) * (text.startsWith('-') ? -1n : 1n) * 10n ** BigInt(6 - text.split('.')[1]!.length);
  /** Points whose returns are the vector's; six decimals a return, exact. */
  const points = (kind: 'index' | 'spot') => {
    let fund = ONE;
    let price = 10n ** 40n;
    const funds = [fund];
    const prices = [price];
    trackingVector.fund.forEach((r, i) => {
      fund = (fund * (1_000_000n + scaled(r))) / 1_000_000n;
      price = (price * (1_000_000n + scaled(trackingVector.index[i]!))) / 1_000_000n;
      funds.push(fund);
      prices.push(price);
    });
    return tracking({ ...terms, kind }, funds, indexPath(terms.targetLeverage, prices));
  };

  it('annualises the sample standard deviation by the 252 days of an exchange or the 365 of a market that never closes', () => {
    const [exchange, always] = [points('index'), points('spot')];
    expect([exchange.basis, formatPoint(exchange.error!, 18), always.basis, formatPoint(always.error!, 18)]).toEqual([
      252,
      trackingVector.TE_ann_252,
      365,
      trackingVector.TE_ann_365,
    ]);
  });

  it('compares with the compounded target and with L times the return of the index', () => {
    const { difference, naiveDifference } = points('index');
    expect([formatPoint(difference, 15), formatPoint(naiveDifference, 15)]).toEqual([
      trackingVector.TD_vs_compounded_target.dec,
      trackingVector.TD_vs_naive_LxR.dec,
    ]);
  });

  it('has no error below two periods', () => {
    expect(tracking({ ...terms, kind: 'index' }, [ONE, ONE], indexPath(terms.targetLeverage, [100n, 110n])).error).toBeUndefined();
  });
});
