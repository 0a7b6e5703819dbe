/**
 * Pages of the server's log, which bring many events sooner than a subscription does. Invariant: what a page has follows its place without a gap. Deliberately absent: waiting for
 * what the server takes long to find among others' events: a subscription says meanwhile how far it has looked, and a page does not.
 */
import type { ResolvedEvent } from '@kurrent/kurrentdb-client';
import type { Connection } from './connection';
import { logFilter } from './listening';
import type { LogPosition, Names } from './wire';

/** Events of one page. */
export const PAGE_EVENTS = 4096;

export interface Page {
  readonly events: readonly ResolvedEvent[];
  /** Whether it is all that was asked for, or all that there is. */
  readonly whole: boolean;
}

/** What stands at the place itself comes again. Rejects with what the client throws. */
export async function readPage(
  connection: Connection,
  names: Names,
  place: LogPosition | undefined,
  maxCount = PAGE_EVENTS,
): Promise<Page> {
  const events: ResolvedEvent[] = [];
  let timer: NodeJS.Timeout | undefined;
  let over = false;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), connection.timers.callMillis / 5);
  });
  try {
    const whole = await connection.call(
      'a page of the log',
      async (client) => {
        for await (const event of client.readAll({ fromPosition: place ?? 'start', maxCount, filter: logFilter(names) })) {
          if (over) break;
          events.push(event);
        }
        return true;
      },
      late,
    );
    return { events, whole };
  } finally {
    over = true;
    clearTimeout(timer);
  }
}
