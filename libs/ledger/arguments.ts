/** Options and parameters that are times, durations and counts: read exactly, or refused by name, value and rule. */
import { type Instant, parseDuration, parseInstant } from '../domain/instant';
import { refuse, RefusalError } from '../domain/refusal';

export function timeOption(name: string, text: string): Instant {
  const value = parseInstant(text);
  if (value === undefined) throw bad(name, text, 'must be an RFC 3339 time with a zone such as 2024-01-31T21:00:00Z');
  return value;
}

export function optionalTime(name: string, text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : timeOption(name, text);
}

/** Nanoseconds. */
export function durationOption(name: string, text: string): bigint {
  const value = parseDuration(text);
  if (value === undefined) throw bad(name, text, 'must be a duration such as 90s, 15m, 8h or 1d');
  return value;
}

export function positionOption(name: string, text: string): number {
  if (!/^(0|[1-9]\d{0,14})$/.test(text)) throw bad(name, text, 'must be a log position: a whole number from 0');
  return Number(text);
}

export function choiceOption<T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw bad(name, text, `must be one of ${choices.join(', ')}`);
  return found;
}

export function bad(name: string, value: unknown, rule: string): RefusalError {
  return new RefusalError(refuse('InvalidField', rule, { field: name, value }));
}
