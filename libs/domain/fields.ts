/**
 * Reading the fields of a command whose rules need the ledger's scales: each function answers the exact value or throws a RefusalError that names
 * field, value and rule. `decide` turns the throw back into a value.
 */
import { fitTo, parseDecimal } from './decimal';
import { formatInstant, type Instant, parseInstant } from './instant';
import { refuse, RefusalError, type RefusalCode } from './refusal';
import type { DecideContext } from './commands';

export function reject(
  code: RefusalCode,
  rule: string,
  about: { field?: string; value?: unknown; detail?: Record<string, string> } = {},
): never {
  throw new RefusalError(refuse(code, rule, about));
}

export type Bound = 'any' | 'not negative' | 'above 0';

/** A decimal string at `scale`, refused (never rounded) when it does not fit. */
export function readDecimal(field: string, text: unknown, scale: number, bound: Bound = 'any'): bigint {
  const value = parseDecimal(text);
  if (!value) reject('InvalidField', 'must be a plain decimal string such as "12.50"', { field, value: text });
  const units = fitTo(value, scale);
  if (units === undefined) reject('ScaleExceeded', `must have at most ${scale} decimals`, { field, value: text });
  if (bound === 'above 0' && units <= 0n) reject('InvalidField', 'must be above 0', { field, value: text });
  if (bound === 'not negative' && units < 0n) reject('InvalidField', 'must not be negative', { field, value: text });
  return units;
}

/** An effective time, at most the allowed skew ahead of the clock. */
export function readTime(field: string, text: unknown, context: DecideContext): Instant {
  const value = parseInstant(text);
  if (value === undefined) {
    reject('InvalidField', 'must be an RFC 3339 time with a zone such as 2024-01-31T21:00:00Z', { field, value: text });
  }
  if (value > context.now + context.allowedSkew) {
    reject('FutureTime', `must not be later than ${formatInstant(context.now + context.allowedSkew)}, the clock plus the allowed skew`, {
      field,
      value: text,
    });
  }
  return value;
}

/** The time as an event keeps it: as given when in UTC, else the same instant in UTC. */
export function timeText(given: string): string {
  return given.endsWith('Z') ? given : formatInstant(parseInstant(given)!);
}

/** Spreads a field only when it is there. */
export function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: V });
}
