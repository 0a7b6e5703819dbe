/**
 * Random histories against the oracle: whatever the fold, the ending and the nav answer say at random moments, as known at random moments, the plain
 * fold of the raw events says too.
 */
import { formatInstant } from '../../libs/domain/instant';
import { isRefusal } from '../../libs/domain/refusal';
import { navAnswer } from '../../libs/projections/nav';
import { forEachHistory, moment, SPAN, viewOf } from '../support/histories';
import { Oracle } from '../support/oracle';

forEachHistory('as of any moment, as known at any moment, the fold and the plain fold agree', 2000, (history, random) => {
  const first = history.events.findIndex((e) => e.type === 'PortfolioOpened');
  for (const known of [history.events.length - 1, random.between(first, history.events.length - 1)]) {
    const view = viewOf(history, known);
    const oracle = new Oracle(history.events, known, SPAN);
    for (let i = 0; i < 3; i++) {
      const at = moment(history, random);
      const answer = navAnswer(view, at);
      const expected = oracle.nav(at);
      const shown = isRefusal(answer)
        ? undefined
        : {
            at: answer.at,
            nav: answer.nav,
            units: answer.units,
            navPerUnit: answer.navPerUnit,
            exposure: answer.exposure,
            leverage: answer.leverage,
            cash: answer.cash.USD,
            quantity: answer.positions[0]?.quantity ?? null,
            mark: answer.marks[0]?.price ?? null,
            markAt: answer.marks[0]?.at ?? null,
            age: answer.marks[0]?.ageSeconds ?? null,
            status: answer.status,
            terminatedAt: answer.terminatedAt ?? null,
            quality: answer.quality,
            liabilities: answer.liabilities,
          };
      const { currencyScale, unitScale } = oracle.opened;
      const { priceScale, quantityScale } = oracle.listing;
      expect(shown).toEqual(
        expected && {
          at: formatInstant(at),
          nav: expected.nav.toFixed(currencyScale),
          units: expected.units.toFixed(unitScale),
          navPerUnit: expected.navPerUnit?.toFixed(18) ?? null,
          exposure: expected.exposure.toFixed(currencyScale),
          leverage: expected.leverage?.toFixed(18) ?? null,
          cash: expected.cash.toFixed(currencyScale),
          quantity: expected.quantity.isZero() || !expected.mark ? null : expected.quantity.toFixed(quantityScale),
          mark: expected.mark?.price.toFixed(priceScale) ?? null,
          markAt: expected.mark ? formatInstant(expected.mark.at) : null,
          age: expected.mark ? Number((at - expected.mark.at) / 1_000_000_000n) : null,
          status: expected.terminatedAt === undefined ? 'active' : 'terminated',
          terminatedAt: expected.terminatedAt === undefined ? null : formatInstant(expected.terminatedAt),
          quality: expected.stale ? 'stale' : 'ok',
          liabilities: expected.liabilities.toFixed(currencyScale),
        },
      );
    }
  }
});
