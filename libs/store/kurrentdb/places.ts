/**
 * What stands at a place of a stream on the server itself, for when the local copy is not there yet. Invariant: few events, with a timer. Deliberately absent: following.
 */
import type { Connection } from './connection';
import { incoming, type Names, type RemoteEvent } from './wire';

/** Revision of the stream's last event, -1 when it does not exist. Rejects with what the client throws. */
export async function serverHead(connection: Connection, names: Names, stream: string): Promise<number> {
  const [last] = await read(connection, names, stream, { direction: 'backwards', fromRevision: 'end', maxCount: 1 });
  return last?.revision ?? -1;
}

/** So many events from a revision on, or as many as there are. Rejects likewise. */
export function eventsAt(connection: Connection, names: Names, stream: string, revision: number, count: number): Promise<RemoteEvent[]> {
  return read(connection, names, stream, { fromRevision: BigInt(revision), maxCount: count });
}

async function read(
  connection: Connection,
  names: Names,
  stream: string,
  options: { readonly direction?: 'backwards'; readonly fromRevision: bigint | 'end'; readonly maxCount: number },
): Promise<RemoteEvent[]> {
  return connection.call(`what the stream ${stream} holds`, async (client) => {
    const events: RemoteEvent[] = [];
    try {
      for await (const event of client.readStream(names.toServer(stream), options)) events.push(incoming(event, names));
    } catch (error) {
      if ((error as { type?: string }).type !== 'stream-not-found') throw error;
    }
    return events;
  });
}
