/**
 * A refusal is a value, not an exception: the command was understood and is not accepted. It names the field, the value given and the
 * rule broken, and carries the numbers that a caller needs.
 */
export interface Refusal {
  /** PascalCase code, listed in docs/reference/errors.md. */
  readonly refused: RefusalCode;
  /** JSON pointer into the command's data ("/fills/0/price"), or a command-line option. */
  readonly field?: string;
  /** The offending value as given. */
  readonly value?: string;
  /** What must hold, one sentence, lower-case start, no full stop. */
  readonly rule: string;
  /** Further numbers (decimal strings, ids, times). */
  readonly detail?: Readonly<Record<string, string>>;
}

/** Every code with the sentence that docs/reference/errors.md shows for it. */
export const REFUSAL_CODES = {
  MalformedLine: 'A line is not one JSON object of the shape that `record` reads.',
  UnknownCommand: 'There is no command of that name.',
  UnknownField: 'The data carries a field that the command does not have.',
  InvalidField: 'A field is missing, has the wrong type or breaks its rule.',
  ScaleExceeded: 'A decimal has more digits than the declared scale holds.',
  FutureTime: 'An effective time lies further ahead of the clock than the allowed skew.',
  ReusedCommandId: 'The command id was used before with other data.',
  WrongRevision: 'The stream is not at the expected revision.',
  AlreadyExists: 'An instrument or portfolio of that id exists.',
  IdCaseMismatch: 'An id differs from an existing one in letter case only.',
  UnknownInstrument: 'No such instrument is listed.',
  UnknownPortfolio: 'No such portfolio is open.',
  NotTraded: 'The instrument is a rate and cannot be traded.',
  WrongInstrument: 'The portfolio trades another instrument.',
  UnsupportedCurrency: 'The amount is in another currency than the quote currency.',
  BeforeInception: 'The effective time is before the portfolio was opened.',
  NotEnoughUnits: 'More units would be taken out than there are.',
  LaterFactImpossible: 'With this fact, units would be negative at a later moment.',
  NoUnits: 'There are no units.',
  Terminated: 'The portfolio ended with NAV at or below zero.',
  DuplicateId: 'A rebalance, fill or fee id was used before by another command.',
  DuplicateFee: 'The fill has a live trading fee already.',
  UnknownFill: 'No live fill of that id.',
  FillInUse: 'A live trading fee names the fill.',
  UnknownEvent: 'No event of that id in the stream.',
  NotCorrectable: 'Facts of that kind cannot be corrected.',
  NoPrice: 'There is no price at or before that time.',
  NavNotPositive: 'NAV is not positive where the calculation needs it to be.',
  Unanswerable: 'The question has no answer at that time, as known then.',
  InvalidFile: 'A file is damaged, truncated or not of the named format.',
  PriceConflict: 'A row differs from what is recorded for its instrument, time and source.',
  NotEmpty: 'The store already holds events.',
  Forbidden: 'The caller has no scope that allows it.',
  BatchRefused: 'Another line of the batch was refused, so nothing of it was recorded.',
} as const;

export type RefusalCode = keyof typeof REFUSAL_CODES;

export function refuse(
  refused: RefusalCode,
  rule: string,
  about: { field?: string; value?: unknown; detail?: Record<string, string> } = {},
): Refusal {
  const { field, value, detail } = about;
  return {
    refused,
    rule,
    ...(field === undefined ? {} : { field }),
    ...(value === undefined ? {} : { value: printable(value) }),
    ...(detail === undefined ? {} : { detail }),
  };
}

export function isRefusal(x: unknown): x is Refusal {
  return typeof x === 'object' && x !== null && 'refused' in x;
}

/** One line: code, field and value where there are any, rule. */
export function describeRefusal(r: Refusal): string {
  const about = r.field !== undefined && r.value !== undefined ? `${r.field} = ${r.value}` : (r.field ?? r.value);
  return [r.refused, about, r.rule].filter((part) => part !== undefined && part !== '').join(': ');
}

/** A refusal on its way through code that has no value to return, thrown at the borders only. */
export class RefusalError extends Error {
  constructor(readonly refusal: Refusal) {
    super(describeRefusal(refusal));
    this.name = 'RefusalError';
  }
}

/** One line of at most 80 characters, control characters escaped. */
function printable(value: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = '...'; // nested too deep to be printed
  }
  if (text.length <= 80) return text;
  // A text that was cut stays a text; no escape is cut in two.
  return typeof value === 'string' ? `${text.slice(0, 76).replace(/\\(u[0-9a-f]{0,3})?$/, '')}..."` : `${text.slice(0, 77)}...`;
}
