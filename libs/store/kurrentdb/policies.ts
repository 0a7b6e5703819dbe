/**
 * Rules that a server's stream may carry and under which it would lose events: a ledger's streams must have none. Deliberately absent: setting or removing them.
 */
import type { Connection } from './connection';

const FORBIDDEN = ['$maxAge', '$maxCount', '$tb'];

/** The first such rule in a stream's metadata, as NAME = VALUE. */
export function forbiddenPolicy(metadata: unknown): string | undefined {
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const name = FORBIDDEN.find((key) => (metadata as Record<string, unknown>)[key] !== undefined);
  return name && `${name} = ${String((metadata as Record<string, unknown>)[name])}`;
}

/** The rule in force now in the metadata stream `$$…`, with the revision that says so. */
export async function policyNow(
  connection: Connection,
  metadataStream: string,
): Promise<{ readonly revision: bigint; readonly rule: string | undefined }> {
  return connection.call(`the metadata of ${metadataStream}`, async (client) => {
    for await (const { event } of client.readStream(metadataStream, { direction: 'backwards', fromRevision: 'end', maxCount: 1 })) {
      if (event) return { revision: event.revision, rule: forbiddenPolicy(event.data) };
    }
    return { revision: -1n, rule: undefined };
  });
}
