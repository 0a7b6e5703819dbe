/** Accruals that found nothing due, strewn into random histories: every answer, and every later accrual, is what it is without them. */
import { decidePortfolio } from '../../libs/domain/decide-portfolio';
import { formatInstant, type Instant } from '../../libs/domain/instant';
import { attributionAnswer } from '../../libs/projections/attribution';
import { navAnswer, navHistory } from '../../libs/projections/nav';
import { tearSheet } from '../../libs/projections/tear-sheet';
import type { View } from '../../libs/projections/view';
import { CONTEXT, forEachHistory, ID, moment, relaid, SPAN, viewOf } from '../support/histories';
import type { RawEvent } from '../support/oracle';

const DAY = 86_400_000_000_000n;

/** As bytes, without where and when the log ended. */
function text(answers: readonly unknown[]): string {
  return JSON.stringify(answers, (key, value: unknown) => (key === 'logPosition' || key === 'knownAt' ? undefined : value));
}

forEachHistory('no answer differs by a byte with and without accruals that found nothing due', 1000, (history, random) => {
  const plain = relaid(
    history,
    history.events.filter(({ type }) => type !== 'NothingDue'),
  );
  const opened = plain.events.findIndex(({ type }) => type === 'PortfolioOpened');
  const nothingDue = (eventId: string): RawEvent => {
    const at = formatInstant(moment(history, random));
    return { ...plain.events[opened]!, type: 'NothingDue', eventId, data: { portfolioId: ID, through: at, at } };
  };
  const strewn = relaid(
    history,
    plain.events.flatMap((event, i) =>
      i < opened ? [event] : [event, ...Array.from({ length: random.between(0, 2) }, (_, n) => nothingDue(`nothing ${i}.${n}`))],
    ),
  );
  const found = strewn.events.findLastIndex(({ type }) => type === 'NothingDue');
  if (found < 0) return 'skipped';
  for (const known of [plain.events.length - 1, random.between(opened, plain.events.length - 1)]) {
    const { eventId } = plain.events[known]!;
    const last = known === plain.events.length - 1 ? strewn.events.length - 1 : strewn.events.findIndex((e) => e.eventId === eventId);
    const views = [viewOf(plain, known), viewOf(strewn, last)] as const;
    const [from, to] = [moment(history, random), moment(history, random)].sort((a, b) => (a < b ? -1 : 1)) as [Instant, Instant];
    const answers = (view: View): string =>
      text([navAnswer(view, to), ...navHistory(view, from, to, DAY), attributionAnswer(view, from, to), tearSheet(view)]);
    expect(answers(views[1])).toBe(answers(views[0]));
    const command = { name: 'AccrueFees', data: { portfolioId: ID, through: formatInstant(SPAN.until) } } as const;
    const [without, among] = views.map(({ portfolio, prices }) =>
      decidePortfolio({ portfolio, listing: history.listing, prices }, command, CONTEXT, () => undefined),
    );
    expect(among).toEqual(without);
    expect(views[1].portfolio.timeline.length).toBe(views[0].portfolio.timeline.length);
  }
  return 'checked';
});
