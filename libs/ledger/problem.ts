/**
 * What went wrong, as a problem document (RFC 9457) that every border shows alike: refusals, faults of the store, and defects. `detail` is one line that names
 * field, value and rule. Deliberately absent: exit codes and HTTP, which only read `status` and `code`.
 */
import { describeRefusal, type Refusal, REFUSAL_CODES, RefusalError, type RefusalCode } from '../domain/refusal';
import { StoreError, type StoreFault } from '../store/port';
import { refusalOf } from './outcomes';

export interface Problem {
  readonly type: string;
  readonly title: string;
  /** HTTP status. */
  readonly status: number;
  readonly code: string;
  /** One line. */
  readonly detail: string;
  readonly errors?: readonly ProblemField[];
  /** Further numbers, ids and times. */
  readonly context?: Readonly<Record<string, string>>;
}

export interface ProblemField {
  /** JSON pointer into the command's data; null when the field is not in there. */
  readonly pointer: string | null;
  /** What else the field is: an option, a parameter of a question, a part of a line beside the data, a file. */
  readonly parameter?: string;
  /** As given; null when it is missing or has none. */
  readonly value: unknown;
  readonly rule: string;
}

/** Where a refusal is not the usual 422. */
const REFUSAL_STATUS: Partial<Record<RefusalCode, number>> = {
  Forbidden: 403,
  MalformedLine: 400,
  UnknownCommand: 400,
  InvalidFile: 400,
  UnknownPortfolio: 404,
  UnknownInstrument: 404,
  UnknownEvent: 404,
  ReusedCommandId: 409,
  WrongRevision: 409,
  AlreadyExists: 409,
  DuplicateId: 409,
  DuplicateFee: 409,
  FillInUse: 409,
  PriceConflict: 409,
  NotEmpty: 409,
};

/** Faults that are no refusals, with the sentence that says what they mean. */
const FAULTS: { readonly [F in Exclude<StoreFault, 'conflict' | 'reused-id' | 'not-empty'>]: readonly [status: number, title: string] } = {
  'too-large': [413, 'An event is larger than a store takes.'],
  locked: [503, 'Another process writes to the store.'],
  'read-only': [503, 'The store was opened for reading.'],
  full: [507, 'The disk is full, or a quota is used up.'],
  foreign: [500, 'The file is not a store of this program.'],
  newer: [500, 'A newer version wrote the store.'],
  damaged: [500, 'Bytes of the store do not match their hashes.'],
  missing: [404, 'There is no store at that place.'],
  unavailable: [503, 'The store cannot be reached.'],
  'in-doubt': [503, 'The store did not confirm: the command is recorded or not. Sent again under its id, it is recorded once.'],
  closed: [503, 'The store was closed.'],
};

/** Every code that a ledger's problem may have: HTTP status, and what it says. */
export const PROBLEMS: Readonly<Record<string, readonly [status: number, title: string]>> = {
  ...Object.fromEntries(Object.entries(REFUSAL_CODES).map(([code, title]) => [code, [REFUSAL_STATUS[code as RefusalCode] ?? 422, title]])),
  ...Object.fromEntries(Object.entries(FAULTS).map(([fault, told]) => [faultCode(fault), told])),
  Defect: [500, 'Something unexpected happened.'],
};

export function problemOfRefusal(refusal: Refusal): Problem {
  const { refused: code, field, value, rule, detail } = refusal;
  return {
    ...problemWith(code, describeRefusal(refusal)),
    errors: [{ ...placeOf(field), value: plainValue(value), rule }],
    ...(detail === undefined ? {} : { context: detail }),
  };
}

/** The problem behind anything thrown. */
export function problemOf(error: unknown): Problem {
  const refusal = error instanceof RefusalError ? error.refusal : refusalOf(error);
  if (refusal) return problemOfRefusal(refusal);
  const code = error instanceof StoreError ? faultCode(error.fault) : 'Defect';
  return problemWith(code, `${code}: ${oneLine(error instanceof Error ? error.message : String(error))}`);
}

function problemWith(code: string, detail: string): Problem {
  const [status, title] = PROBLEMS[code]!;
  return { type: `urn:navledger:problem:${code}`, title, status, code, detail };
}

function faultCode(fault: string): string {
  return `Store${fault.split('-').map(capitalised).join('')}`;
}

/** The store's fault behind anything thrown, unless it is a refusal to whoever sent the command. */
export function faultOf(error: unknown): StoreFault | undefined {
  return error instanceof StoreError && refusalOf(error) === undefined ? error.fault : undefined;
}

/** Whether a problem is the store's, not the sender's. */
export function isFault(problem: Problem): boolean {
  return problem.code.startsWith('Store');
}

function placeOf(field: string | undefined): Pick<ProblemField, 'pointer' | 'parameter'> {
  if (field === undefined || field === '' || field.startsWith('/')) return { pointer: field ?? null };
  return { pointer: null, parameter: field };
}

/** A refusal keeps its value as JSON text, cut when it is long. */
function plainValue(text: string | undefined): unknown {
  if (text === undefined) return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
