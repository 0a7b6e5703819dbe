/**
 * Which store a server holds: a UUID, written once into a stream of its own. And the checks, at start, that the server's log still is the one that this machine followed. Invariant:
 * of two processes that make a store at the same moment, one does. Deliberately absent: the local copy.
 */
import { randomUUID } from 'node:crypto';
import type { KurrentDBClient } from '@kurrent/kurrentdb-client';
import { StoreError } from '../port';
import { isUuid } from '../uuid';
import type { Connection } from './connection';
import { NoAnswer, outcomeOf, unavailable } from './faults';
import type { LogPosition, Names } from './wire';

const TYPE = 'StoreCreated';
const NO_DEADLINE = 86_400_000;

export interface Identity {
  readonly storeId: string;
  /** Where in the server's log it was written: before everything of the store. */
  readonly place: LogPosition;
}

/** Undefined when there is none. Throws StoreError `unavailable`, `foreign`, `newer`. */
export async function readIdentity(connection: Connection, { identity }: Names): Promise<Identity | undefined> {
  const read = async (client: KurrentDBClient): Promise<Identity | undefined> => {
    for await (const { event } of client.readStream(identity, { fromRevision: 0n, maxCount: 1 })) {
      const { storeId, format } = (event?.metadata ?? {}) as { storeId?: unknown; format?: unknown };
      if (event?.type !== TYPE || typeof storeId !== 'string' || !isUuid(storeId)) {
        throw new StoreError('foreign', `the stream ${identity} on the server was not written by this program`);
      }
      if (format !== '1')
        throw new StoreError('newer', `the store was made by a newer version (format ${String(format)}; this one knows 1)`);
      return { storeId, place: event.position! };
    }
    return undefined;
  };
  const ask = (): Promise<Identity | undefined> =>
    connection.call('who the store is', read).catch((error: unknown) => {
      if ((error as { type?: string }).type === 'stream-not-found') return undefined;
      throw error;
    });
  try {
    return await ask();
  } catch (error) {
    // A node that is not the leader, or not ready, says so once; reads do not tell which.
    if (error instanceof StoreError || error instanceof NoAnswer) throw error;
    connection.renew();
    return ask();
  }
}

/** Makes the store, unless another process has done so meanwhile; answers whose it is. */
export async function createIdentity(connection: Connection, names: Names): Promise<Identity> {
  const storeId = randomUUID();
  const event = {
    id: randomUUID(),
    type: TYPE,
    contentType: 'application/octet-stream' as const,
    data: Buffer.alloc(0),
    metadata: { storeId, format: '1' },
  };
  try {
    await connection.call('making the store', (client) =>
      client.appendToStream(names.identity, event, { streamState: 'no_stream', deadline: NO_DEADLINE }),
    );
  } catch (error) {
    const { kind } = outcomeOf(error);
    if (kind === 'refused') throw unavailable(error, 'the store could not be made');
  }
  const found = await readIdentity(connection, names);
  if (found === undefined) throw new StoreError('unavailable', 'the store could not be made: the server did not take it');
  return found;
}

/**
 * The last event that this machine has numbered must stand on the server where it stood, and the server's log must not end before it. Throws StoreError `damaged`.
 */
export async function assertSameLog(
  connection: Connection,
  names: Names,
  last: { readonly stream: string; readonly revision: number; readonly eventId: string } | undefined,
  place: LogPosition | undefined,
): Promise<void> {
  if (place) {
    const end = await connection.call('where the log ends', async (client) => {
      for await (const { event } of client.readAll({ direction: 'backwards', fromPosition: 'end', maxCount: 1 })) return event?.position;
      return undefined;
    });
    if (!end || end.commit < place.commit) {
      throw new StoreError(
        'damaged',
        `the server's log ends at ${end?.commit ?? 'its beginning'}, but this machine has followed it to ${place.commit}: events are missing`,
      );
    }
  }
  if (!last) return;
  const { stream, revision, eventId } = last;
  const found = await connection
    .call(`revision ${revision} of ${stream}`, async (client) => {
      for await (const { event } of client.readStream(names.toServer(stream), { fromRevision: BigInt(revision), maxCount: 1 }))
        return event?.id;
      return undefined;
    })
    .catch((error: unknown) => {
      if ((error as { type?: string }).type === 'stream-not-found') return undefined;
      throw error;
    });
  if (found !== eventId) {
    throw new StoreError(
      'damaged',
      `the server has ${found ? 'another' : 'no'} event at revision ${revision} of ${stream} than this machine has seen`,
      { stream },
    );
  }
}
