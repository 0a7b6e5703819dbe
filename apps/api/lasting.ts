/**
 * Replies that last: streams of events and batches of commands. There are at most so many of a kind, none begins once the server stops, and each is told to end when
 * the server stops, its client goes away or would not be let in any more. Deliberately absent: how they end, which is theirs.
 */
import type { ServerResponse } from 'node:http';
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { HttpProblem } from './problems';

/** Most open at once. A reply holds a few megabytes of the log at worst. */
const MOST = { stream: 256, batch: 64 } as const;
export type LastingKind = keyof typeof MOST;

/** How often it is asked whether a client would still be let in. */
const LOOK_MILLIS = 1000;

/** How long a client may take to read the last of its reply when the server stops. */
const LAST_MILLIS = 5000;

@Injectable()
export class Lasting implements BeforeApplicationShutdown {
  private readonly open = new Map<
    ServerResponse,
    { readonly kind: LastingKind; readonly stop: AbortController; readonly closed: Promise<void> }
  >();
  private ending = false;

  /**
   * What begins here is aborted when the reply's connection is done with it, with the problem ShuttingDown when the server stops, or with what keeps its caller out from now
   * on. Throws HttpProblem when it may not begin.
   */
  begin(kind: LastingKind, { raw, request }: FastifyReply): AbortController {
    if (this.ending) throw stopping();
    if (this.count(kind) >= MOST[kind]) {
      const rule = `at most ${MOST[kind]} of this kind of request are open at once`;
      throw new HttpProblem('TooManyRequests', rule, { 'retry-after': '5' });
    }
    const stop = new AbortController();
    const look = setInterval(() => void request.readmit().catch((error: unknown) => stop.abort(error)), LOOK_MILLIS);
    const closed = new Promise<void>((resolve) => raw.once('close', resolve)).then(() => {
      clearInterval(look);
      this.open.delete(raw);
      stop.abort(new HttpProblem('BadRequest', 'the client went away'));
    });
    this.open.set(raw, { kind, stop, closed });
    return stop;
  }

  count(kind: LastingKind): number {
    return [...this.open.values()].filter((one) => one.kind === kind).length;
  }

  /** Ends all, and resolves when none is open: whoever does not read the last of a reply in time is broken off. May be called again. */
  async end(): Promise<void> {
    this.ending = true;
    const open = [...this.open];
    for (const [, { stop }] of open) stop.abort(stopping());
    const late = setTimeout(() => open.forEach(([raw]) => raw.destroy()), LAST_MILLIS);
    await Promise.all(open.map(([, { closed }]) => closed));
    clearTimeout(late);
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.end();
  }
}

function stopping(): HttpProblem {
  return new HttpProblem('ShuttingDown', 'the server is being stopped');
}
