/**
 * Fastify under Nest, with one way to say that something went wrong: Nest's own handlers for errors and unknown routes give way to ours, and so do Fastify's for what is
 * no request. Bodies are JSON; a batch's are lines of it.
 */
import { isUtf8 } from 'node:buffer';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Traffic } from './observe/traffic';
import { HttpProblem, type OnProblem, problemOfRequest, sendProblem } from './problems';
import { BATCH_ROUTE } from './routes/command-routes';

export class ApiAdapter extends FastifyAdapter {
  private readonly onProblem: OnProblem;

  constructor(options: object, traffic: Traffic) {
    const onProblem: OnProblem = (...told) => traffic.problem(...told);
    const own: FastifyServerOptions = {
      frameworkErrors: (error, request, reply) => {
        traffic.begin(request, reply);
        sendProblem(error, request, reply, onProblem);
      },
      clientErrorHandler: (error, socket) => (traffic.speaksOn(socket) ? socket.destroy() : answerSocket(error, socket)),
    };
    super({ ...options, ...own, skipMiddie: true } as never);
    this.onProblem = onProblem;
    const fastify = this.getInstance();
    fastify.removeContentTypeParser(['text/plain', 'application/json']);
    const parse = fastify.getDefaultJsonParser('error', 'error');
    fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
      if (isUtf8(body)) void parse(request, body.toString(), done);
      else done(new HttpProblem('MalformedBody', 'the body must be valid UTF-8'));
    });
    // Handed on as it arrives.
    fastify.addContentTypeParser('application/x-ndjson', (_request, body, done) => done(null, body));
    fastify.addHook('preParsing', (request, _reply, body, done) => done(misplaced(request), body));
  }

  override setErrorHandler(): ReturnType<FastifyAdapter['setErrorHandler']> {
    return this.getInstance().setErrorHandler((error, request, reply) => sendProblem(error, request, reply, this.onProblem));
  }

  override setNotFoundHandler(): ReturnType<FastifyAdapter['setNotFoundHandler']> {
    return this.getInstance().setNotFoundHandler((request, reply) => {
      const problem = new HttpProblem('NotFound', `there is no ${request.method} ${request.url.split('?')[0]}`);
      sendProblem(problem, request, reply, this.onProblem);
    });
  }
}

/** The route of batches takes lines and nothing else, and no other route takes them. */
function misplaced({ headers, routeOptions, is404 }: FastifyRequest): FastifyError | null {
  const lines = /^application\/x-ndjson\s*(;|$)/i.test(headers['content-type'] ?? '');
  const batch = routeOptions.url === `/${BATCH_ROUTE}`;
  if (is404 || lines === batch) return null;
  const rule = batch ? 'must be application/x-ndjson, a command a line' : `application/x-ndjson goes to /${BATCH_ROUTE}`;
  return new HttpProblem('UnsupportedMediaType', rule);
}

/** Answers bytes that are no request, on the socket itself. */
function answerSocket(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const problem = problemOfRequest(Object.assign(error, { statusCode: 400 }), { headers: {} });
  const body = `${JSON.stringify(problem)}\n`;
  const head = [
    `HTTP/1.1 ${problem.status} ${problem.title}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'content-type: application/problem+json',
  ];
  socket.end(`${head.join('\r\n')}\r\nconnection: close\r\n\r\n${body}`);
}
