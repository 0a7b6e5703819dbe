/**
 * The lines of a batch as they arrive, at the pace at which they are taken. Invariant: the request itself is never destroyed while its answer is on the way. Deliberately
 * absent: what a line means (libs/ledger/envelope.ts).
 */
import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type NdjsonLine, readNdjson } from '../../libs/formats/ndjson';
import { HttpProblem } from './problems';

/** A line counts as this many bytes at least: no command is shorter, and the answer to a line that is none is longer. */
const LEAST_BYTES = 64;

/** Lines between two turns of the event loop for others. */
const TURN_LINES = 64;

/**
 * Aborts `stop` with a problem when the client is waited for and sends nothing for so long. Throws RefusalError InvalidFile for a damaged archive, and the reason of
 * `stop`.
 */
export async function* bodyLines(
  { raw }: FastifyRequest,
  reply: FastifyReply,
  stop: AbortController,
  pauseMillis: number,
): AsyncGenerator<NdjsonLine, void, undefined> {
  const body = raw.pipe(new PassThrough());
  const late = setTimeout(() => {
    if (body.readableLength > 0) late.refresh();
    else stop.abort(new HttpProblem('RequestTimeout', `the batch paused for ${pauseMillis / 1000} s`));
  }, pauseMillis);
  const waited = (): void => void late.refresh();
  raw.on('data', waited);
  body.on('drain', waited);
  raw.once('end', () => clearTimeout(late));
  reply.raw.once('close', () => clearTimeout(late));
  // Whoever is answered early and still sends gets to read the answer.
  reply.raw.once('finish', () => raw.resume());
  for await (const line of readNdjson('-', { stdin: body, stdinName: 'body', signal: stop.signal })) {
    yield line;
    if (line.line % TURN_LINES === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** The same lines, as long as their text is not longer than so many bytes. Throws HttpProblem. */
export async function* atMost(bytes: number, lines: AsyncIterable<NdjsonLine>): AsyncGenerator<NdjsonLine, void, undefined> {
  let seen = 0;
  for await (const line of lines) {
    seen += Math.max(LEAST_BYTES, Buffer.byteLength(line.text ?? '') + 1);
    if (seen > bytes) throw new HttpProblem('PayloadTooLarge', `a batch that is decided as one has at most ${bytes} bytes`);
    yield line;
  }
}
