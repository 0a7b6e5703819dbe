/** What routes send: JSON as every border prints it, one document and a line feed, and the version of what was sent. */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { isRefusal, type Refusal, RefusalError } from '../../libs/domain/refusal';

/** Sends a question's answer. Throws RefusalError when it is a refusal. */
export function sendAnswer(reply: FastifyReply, answer: object | Refusal): void {
  sendText(reply, 200, `${JSON.stringify(accepted(answer))}\n`);
}

/** Sends an answer that depends on one stream alone, whose revision is its strong ETag; 304 when the client has that one. */
export function sendVersion(reply: FastifyReply, answer: { readonly revision: string } | Refusal, ifNoneMatch: string | undefined): void {
  const found = accepted(answer);
  const tag = `"${found.revision}"`;
  reply.header('etag', tag).header('cache-control', 'no-cache');
  const held = ifNoneMatch?.split(',').map((one) => one.trim().replace(/^W\//, ''));
  if (held?.some((one) => one === tag || one === '*')) void reply.code(304).send();
  else sendText(reply, 200, `${JSON.stringify(found)}\n`);
}

export function sendText(reply: FastifyReply, status: number, json: string): void {
  void reply.code(status).header('content-type', 'application/json; charset=utf-8').send(json);
}

/**
 * Sends pieces as the client takes them. What is thrown before the first piece is the request's problem; after it the reply is broken off, which a client sees, and so it is
 * when `signal` is aborted. Whoever goes away ends the pieces.
 */
export async function sendPieces(
  reply: FastifyReply,
  mediaType: string,
  pieces: AsyncGenerator<string | Uint8Array>,
  signal?: AbortSignal,
): Promise<void> {
  const first = await pieces.next();
  const all = async function* (): AsyncGenerator<string | Uint8Array> {
    try {
      if (first.done) return;
      yield first.value;
      yield* pieces;
    } finally {
      await pieces.return(undefined);
    }
  };
  const body = Readable.from(all(), { objectMode: false });
  // The answer to a HEAD is over before its body.
  reply.raw.once('close', () => body.destroy());
  // Also from a client that takes nothing, so that no piece is asked for.
  signal?.addEventListener('abort', () => reply.raw.destroy(), { once: true });
  void reply.code(200).header('content-type', mediaType).send(body);
}

/** About as much as one write of a socket takes. */
const PIECE_CHARACTERS = 1 << 16;

/** Many short texts as few pieces, with a turn of the event loop for others after each. */
export async function* inPieces(texts: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string, void, undefined> {
  let piece = '';
  for await (const text of texts) {
    piece += text;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (piece !== '') yield piece;
}

function accepted<T extends object>(answer: T | Refusal): T {
  if (isRefusal(answer)) throw new RefusalError(answer);
  return answer;
}
