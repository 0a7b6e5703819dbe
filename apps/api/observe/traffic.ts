/**
 * Every request from its first hook to its last byte: its id and the headers that all answers carry, the time that a JSON body may take to arrive, one line of the log (at level
 * `debug` where a question was merely answered) and one observation at the end, and what is under way when the server stops. Invariant: nothing of a request but its method, route, id and outcome is logged.
 */
import type { Socket } from 'node:net';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Problem } from '../../../libs/ledger/problem';
import { HttpProblem } from '../problems';
import type { Condition } from './condition';
import type { Logger } from './log';
import type { Metrics } from './metrics';

/** What a handler tells of a command. */
interface Noted {
  readonly commandId?: string;
  readonly stream?: string;
  readonly revision?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    noted: Noted | undefined;
    /** Set when the request is answered with a problem. */
    problem: { readonly problem: Problem; readonly error: unknown } | undefined;
  }
}

/** An id that a client sends is kept when it is a short plain word. */
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const UNKNOWN = 'unknown';
/** An answer that takes as long is worth a line, whatever it is. */
const SLOW_MILLIS = 1000;

export class Traffic {
  private readonly open = new Set<ServerResponse>();
  private readonly prefix = randomBytes(6).toString('base64url').replaceAll(/[-_]/g, '0');
  private requests = 0;
  private answeredAt = -Infinity;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly condition: Condition,
    private readonly metrics: Metrics,
    private readonly log: Logger,
    private readonly arrivalMillis: number,
    tls: boolean,
  ) {
    this.headers = {
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'x-content-type-options': 'nosniff',
      ...(tls ? { 'strict-transport-security': 'max-age=31536000' } : {}),
    };
  }

  /** The id that a request brings, or a new one. */
  readonly requestId = ({ headers }: Pick<IncomingMessage, 'headers'>): string => {
    const given = headers['x-request-id'];
    return typeof given === 'string' && REQUEST_ID.test(given) ? given : `${this.prefix}-${(++this.requests).toString(36)}`;
  };

  /** Before all other hooks. */
  register(fastify: FastifyInstance): void {
    fastify.decorateRequest('noted', undefined);
    fastify.decorateRequest('problem', undefined);
    fastify.addHook('onRequest', (request, reply, done) => {
      this.begin(request, reply);
      if (this.condition.stopping && !request.url.startsWith('/health/')) {
        return done(new HttpProblem('ShuttingDown', 'the server takes no more requests') as unknown as FastifyError);
      }
      done();
    });
    fastify.addHook('preParsing', (request, _reply, body, done) => {
      if (/^application\/json/i.test(request.headers['content-type'] ?? '')) this.limitArrival(request.raw);
      done(null, body);
    });
  }

  /** Also called for what no hook sees: paths that are none. */
  begin(request: FastifyRequest, reply: FastifyReply): void {
    const { raw } = reply;
    const began = performance.now();
    this.open.add(raw);
    reply.headers(this.headers).header('x-request-id', request.id);
    if (this.condition.stopping) raw.shouldKeepAlive = false;
    raw.once('close', () => {
      this.open.delete(raw);
      this.answeredAt = performance.now();
      this.end(request, raw, this.answeredAt - began);
    });
  }

  problem(problem: Problem, error: unknown, request: FastifyRequest): void {
    request.problem = { problem, error };
    this.metrics.problem(problem.code);
  }

  /** Whether bytes written to a socket would be taken for an answer to a request that came whole, or for a part of one that has begun. */
  speaksOn(socket: Socket): boolean {
    return [...this.open].some(({ req, headersSent }) => req.socket === socket && (req.complete || headersSent));
  }

  /** Whether a request was answered in the last milliseconds. */
  lately(millis: number): boolean {
    return performance.now() - this.answeredAt < millis;
  }

  /** How many requests are under way. */
  get underWay(): number {
    return this.open.size;
  }

  /** Lets every connection end with the answer that is under way on it. */
  endConnections(): void {
    for (const raw of this.open) raw.shouldKeepAlive = false;
  }

  private end(request: FastifyRequest, raw: ServerResponse, millis: number): void {
    const { method = UNKNOWN, url: route = UNKNOWN } = request.is404 ? {} : request.routeOptions;
    const status = raw.writableFinished ? raw.statusCode : 'aborted';
    this.metrics.answered(typeof method === 'string' ? method : request.method, route, String(status), millis / 1000);
    if (!request.raw.complete) this.limitArrival(request.raw);
    const { problem, error } = request.problem ?? {};
    const failed = problem !== undefined && problem.status >= 500;
    const merelyAnswered = status === 200 && request.method === 'GET' && millis < SLOW_MILLIS;
    const level = failed ? (error instanceof HttpProblem ? 'warn' : 'error') : merelyAnswered ? 'debug' : 'info';
    if (!this.log.isLevelEnabled(level)) return;
    this.log[level](
      {
        requestId: request.id,
        method: request.method,
        route,
        status,
        ms: Math.round(millis * 1000) / 1000,
        actor: request.caller?.actor,
        commandId: request.noted?.commandId,
        stream: request.noted?.stream,
        revision: request.noted?.revision,
        code: problem?.code,
        ...(level === 'error' ? { detail: problem?.detail, stack: error instanceof Error ? error.stack : undefined } : {}),
      },
      'request',
    );
  }

  /** A body that is late is an error of the request while somebody reads it; one that nobody reads any more ends the connection. */
  private limitArrival(body: IncomingMessage): void {
    const rule = `the body must arrive within ${this.arrivalMillis / 1000} seconds`;
    const late = (): void => {
      if (body.listenerCount('error') > 0) body.emit('error', new HttpProblem('RequestTimeout', rule));
      else body.destroy();
    };
    const timer = setTimeout(late, this.arrivalMillis).unref();
    const clear = (): void => clearTimeout(timer);
    body.once('end', clear);
    body.once('close', clear);
  }
}
