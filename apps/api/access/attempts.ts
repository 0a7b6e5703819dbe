/**
 * How often an address may come with a token that turns out to be none: each try counts before it is looked into, and no more when it was a good one. Known tokens are no
 * tries, so nobody is shut out by a neighbour. Bounded: when too many addresses try, the one that began first is forgotten.
 */
import { normalizeIP } from '@fastify/rate-limit';
import { HttpProblem } from '../problems';

const TRIES = 60;
const WINDOW_MILLIS = 60_000;
const ADDRESSES = 10_000;

export class Attempts {
  private readonly tries = new Map<string, { count: number; readonly until: number }>();

  /** Answers what takes the try back. Throws HttpProblem when there were too many. */
  begin(address: string): () => void {
    const key = normalizeIP(address); // an IPv6 host has its whole /64
    const now = performance.now();
    let tried = this.tries.get(key);
    if (!tried || now >= tried.until) {
      this.tries.delete(key);
      if (this.tries.size >= ADDRESSES) this.tries.delete(this.tries.keys().next().value!);
      this.tries.set(key, (tried = { count: 0, until: now + WINDOW_MILLIS }));
    }
    const current = tried;
    if (current.count >= TRIES) {
      const seconds = Math.ceil((current.until - now) / 1000);
      throw new HttpProblem('TooManyRequests', `too many requests from this address had a token that is not valid`, {
        'retry-after': String(seconds),
      });
    }
    current.count++;
    return () => void current.count--;
  }
}
