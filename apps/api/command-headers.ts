/** The headers that stand beside a command's data. */
import type { FastifyRequest } from 'fastify';
import type { Refusal } from '../../libs/domain/refusal';
import { bad } from '../../libs/ledger/arguments';

/** What `envelope` calls them, and what they are called here. */
const HEADERS: ReadonlyMap<string, string> = new Map([
  ['commandId', 'Idempotency-Key'],
  ['expectedRevision', 'If-Match'],
]);

/** A command's id and the revision expected of its stream, as `envelope` takes them. Throws RefusalError. */
export function commandHeaders({ headers }: FastifyRequest): { readonly commandId?: string; readonly expectedRevision?: string } {
  const key = headers['idempotency-key'];
  const tag = headers['if-match'];
  return {
    ...(key === undefined ? {} : { commandId: String(key).replace(/^"([^"]*)"$/, '$1') }),
    ...(tag === undefined ? {} : { expectedRevision: revisionOf(tag) }),
  };
}

/** The same refusal, naming the header. */
export function namingHeaders(refusal: Refusal): Refusal {
  const name = HEADERS.get(refusal.field ?? '');
  return name === undefined ? refusal : { ...refusal, field: name };
}

function revisionOf(given: string): string {
  const [, revision] = /^"(-1|0|[1-9]\d{0,14})"$/.exec(given) ?? [];
  if (revision === undefined) {
    throw bad('If-Match', given, 'must be one strong ETag: the revision of the stream in quotes, "-1" for an empty one');
  }
  return revision;
}
