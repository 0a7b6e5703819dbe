/**
 * The high-water mark of a fund: the NAV per unit that the next performance fee is measured from, per whole unit as of the moment asked, units of 10^-18. It starts at the first
 * creation's cash per unit and is what the last performance charge left; splits scale it, half-even.
 */
import { divRound, pow10 } from './decimal';
import type { Fact, Terms } from './facts';
import { MARK_SCALE } from './fee-amount';
import type { Instant } from './instant';
import type { Rows } from './timeline';

/** H after everything at or before `t`; undefined while there were never units. */
export function highWaterMarkAt(terms: Terms, rows: Rows, t: Instant): bigint | undefined {
  return highWaterMarkAfter(terms, rows, rows.countThrough(t));
}

/** H after the first `count` rows. */
export function highWaterMarkAfter(terms: Terms, rows: Rows, count: number): bigint | undefined {
  let first = count - 1;
  for (; first >= 0; first--) if (nextMark(rows.row(first)!.fact) !== undefined) break;
  let mark: bigint | undefined;
  for (let i = Math.max(first, 0); i < count; i++) mark = markAfter(terms, mark, rows.row(i)!.fact);
  return mark;
}

/** H after a fact. */
export function markAfter(terms: Terms, mark: bigint | undefined, fact: Fact): bigint | undefined {
  if (mark === undefined && fact.kind === 'creation')
    return divRound(fact.cash * pow10(MARK_SCALE + terms.unitScale), fact.units * pow10(terms.currencyScale));
  if (mark !== undefined && fact.kind === 'split') return divRound(mark * fact.oldUnits, fact.newUnits);
  return nextMark(fact) ?? mark;
}

function nextMark(fact: Fact): bigint | undefined {
  return fact.kind === 'fee' ? fact.nextHighWaterMark : undefined;
}
