/** The query parameters of a request, read exactly: each is known to the route, given once and of its form, or refused by name, value and rule. */
import type { FastifyRequest } from 'fastify';
import type { Instant } from '../../libs/domain/instant';
import { refuse, RefusalError } from '../../libs/domain/refusal';
import { bad, choiceOption, durationOption, optionalTime, timeOption } from '../../libs/ledger/arguments';

/** Reads the parameters of a request to a route that has `known` ones. Throws RefusalError for others and for repeated ones. */
export function parametersOf(request: FastifyRequest, known: readonly string[]): Parameters {
  const given = (request.query ?? {}) as Readonly<Record<string, string | string[]>>;
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) {
      const rule = known.length === 0 ? 'the route takes no parameters' : `the parameters are ${known.join(', ')}`;
      throw new RefusalError(refuse('UnknownField', rule, { field: name, value }));
    }
    if (Array.isArray(value)) throw bad(name, value, 'must be given once');
  }
  return new Parameters(given as Readonly<Record<string, string>>);
}

export class Parameters {
  constructor(private readonly given: Readonly<Record<string, string>>) {}

  optional(name: string): string | undefined {
    return this.given[name];
  }

  required(name: string): string {
    const text = this.given[name];
    if (text === undefined) throw bad(name, null, 'must be given');
    return text;
  }

  time(name: string): Instant {
    return timeOption(name, this.required(name));
  }

  optionalTime(name: string): Instant | undefined {
    return optionalTime(name, this.given[name]);
  }

  /** Nanoseconds. */
  duration(name: string, otherwise: string): bigint {
    return durationOption(name, this.given[name] ?? otherwise);
  }

  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
    return choiceOption(name, this.given[name] ?? otherwise, choices);
  }

  flag(name: string): boolean {
    return this.choice(name, ['true', 'false'], 'false') === 'true';
  }

  /** A whole number from 1 to `most`. */
  count(name: string, otherwise: number, most: number): number {
    const text = this.given[name];
    if (text === undefined) return otherwise;
    const count = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : 0;
    if (count < 1 || count > most) throw bad(name, text, `must be a whole number from 1 to ${most}`);
    return count;
  }
}
