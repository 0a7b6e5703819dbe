/** Opaque cursors: where a list goes on. A cursor is of one list only, and stays valid as the list grows. */
import { bad } from '../../libs/ledger/arguments';
import type { Parameters } from './parameters';

/** Null at the end of a list. */
export function cursor(list: string, next: number | undefined): string | null {
  return next === undefined ? null : Buffer.from(`${list} ${next}`).toString('base64url');
}

/** How far the list was given already: 0 without a cursor. Throws RefusalError for one that this list never gave. */
export function skipped(list: string, given: Parameters): number {
  const text = given.optional('cursor');
  if (text === undefined) return 0;
  const [, of, next] = /^(.*) (0|[1-9]\d{0,14})$/.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  if (of !== list || cursor(list, Number(next)) !== text) throw bad('cursor', text, `must be the next of an answer to the same question`);
  return Number(next);
}
