/** Watches what a server reads of its log. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../libs/ledger/ledger';

export interface Reads {
  /** Events read so far. */
  readonly events: number;
  /** Resolves when so many readings have begun, and all have ended. */
  over(count: number): Promise<void>;
}

export function watchReads({ store }: Ledger): Reads {
  const seen = { events: 0, begun: 0, ended: 0 };
  const read = store.readAll.bind(store);
  store.readAll = async function* (...args) {
    seen.begun++;
    try {
      for await (const slice of read(...args)) {
        seen.events += slice.count;
        yield slice;
      }
    } finally {
      seen.ended++;
    }
  };
  return {
    get events() {
      return seen.events;
    },
    async over(count) {
      await until(() => seen.begun >= count && seen.ended === seen.begun);
    },
  };
}

/** Resolves when the condition holds; rejects when it does not for half a minute. */
export async function until(holds: () => boolean): Promise<void> {
  for (const began = Date.now(); !holds(); await sleep(5)) {
    if (Date.now() - began > 30_000) throw new Error(`in vain: ${holds.toString()}`);
  }
}
