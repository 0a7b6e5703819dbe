/** Small things that specs against a KurrentDB server share: events to append, answers collected, and waiting for a fact. */
import { randomUUID } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { binaryEvent, jsonEvent } from '@kurrent/kurrentdb-client';

export function ids(count: number): string[] {
  return Array.from({ length: count }, () => randomUUID());
}

/** An event for each id, which is its data and, inside JSON, its metadata. */
export function noted(...list: string[]) {
  return list.map((id) =>
    binaryEvent({ id, type: 'noted', data: Buffer.from(id), metadata: Uint8Array.from(Buffer.from(`{"of":"${id}"}`)) }),
  );
}

/** An event without metadata, which every way of appending takes. */
export const plain = () => jsonEvent({ type: 'plain', data: {} });

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

/** What the promise comes to, be it an error. */
export function outcome(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => value,
    (error: unknown) => error,
  );
}

/** Fails when the fact has not come true within two seconds. */
export async function until(fact: () => boolean): Promise<void> {
  for (let tries = 0; !fact(); tries += 1) {
    if (tries === 2000) throw new Error(`still not true: ${fact.toString()}`);
    await setTimeout(5);
  }
}
