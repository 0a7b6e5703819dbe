/**
 * Whatever goes wrong, as problem+json (RFC 9457): refusals and store faults of the ledger under their own codes, and those of HTTP itself. One place for handlers,
 * hooks, parsers and routes that do not exist. Deliberately absent: what a refusal means (libs/ledger/problem.ts).
 */
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { RefusalError } from '../../libs/domain/refusal';
import { type Problem, problemOf, problemOfRefusal } from '../../libs/ledger/problem';
import { namingHeaders } from './command-headers';

/** Codes that only HTTP has, with status and the sentence that docs/reference/errors.md shows. */
export const HTTP_PROBLEMS = {
  BadRequest: [400, 'The request is not one of HTTP as this server reads it.'],
  MalformedBody: [400, 'The body is not one JSON object.'],
  Unauthorized: [401, 'The request carries no token that is valid here.'],
  NotFound: [404, 'There is no such route.'],
  RequestTimeout: [408, 'The request did not arrive in time.'],
  PayloadTooLarge: [413, 'The body is larger than the server takes.'],
  UriTooLong: [414, 'A part of the path is longer than the server takes.'],
  UnsupportedMediaType: [415, 'The body is of a type that the route does not read.'],
  MisdirectedRequest: [421, 'The request names a host that is not this server.'],
  TooManyRequests: [429, 'The caller sends more requests than the server lets it.'],
  HeadersTooLarge: [431, 'The headers are larger than the server takes.'],
  ShuttingDown: [503, 'The server is being stopped.'],
  AccessUnavailable: [503, 'The keys to check the token by cannot be had.'],
  TimedOut: [503, 'The answer took longer than the server gives it.'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type HttpProblemCode = keyof typeof HTTP_PROBLEMS;

/** A problem of HTTP, on its way to {@link problemOfRequest}. `rule`: one sentence, lower-case start, no full stop. */
export class HttpProblem extends Error {
  constructor(
    readonly code: HttpProblemCode,
    readonly rule: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(rule);
  }
}

/** What the framework says, by its code. */
const FRAMEWORK: Readonly<Record<string, HttpProblemCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'PayloadTooLarge',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UnsupportedMediaType',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'MalformedBody',
  FST_ERR_CTP_INVALID_JSON_BODY: 'MalformedBody',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'BadRequest',
  FST_ERR_MAX_PARAM_LENGTH: 'UriTooLong',
  HPE_HEADER_OVERFLOW: 'HeadersTooLarge',
  ERR_HTTP_REQUEST_TIMEOUT: 'RequestTimeout',
};

/** The problem behind anything thrown while a request is handled. */
export function problemOfRequest(error: unknown, { headers }: Pick<FastifyRequest, 'headers'>): Problem {
  if (error instanceof RefusalError) {
    const problem = problemOfRefusal(namingHeaders(error.refusal));
    return problem.code === 'WrongRevision' && headers['if-match'] !== undefined ? { ...problem, status: 412 } : problem;
  }
  const known = error instanceof HttpProblem ? error : framework(error);
  if (!known) return problemOf(error);
  const [status, title] = HTTP_PROBLEMS[known.code];
  return { type: `urn:navledger:problem:${known.code}`, title, status, code: known.code, detail: `${known.code}: ${known.rule}` };
}

function framework(error: unknown): HttpProblem | undefined {
  if (error instanceof HttpException) {
    return error.getStatus() < 500 ? new HttpProblem(error.getStatus() === 404 ? 'NotFound' : 'BadRequest', error.message) : undefined;
  }
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new HttpProblem('TimedOut', 'must be a question that is answered in time: ask for less of it');
  }
  const { code, statusCode, message } = error as Partial<FastifyError>;
  const named = typeof code === 'string' ? FRAMEWORK[code] : undefined;
  if (named === undefined && !(statusCode !== undefined && statusCode >= 400 && statusCode < 500)) return undefined;
  const malformed = error instanceof SyntaxError;
  return new HttpProblem(named ?? (malformed ? 'MalformedBody' : 'BadRequest'), message ?? 'must be a request of HTTP');
}

export type OnProblem = (problem: Problem, error: unknown, request: FastifyRequest) => void;

/** Sends the problem and tells of it. A reply that has begun can only be broken off. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply, onProblem: OnProblem): void {
  const problem = problemOfRequest(error, request);
  onProblem(problem, error, request);
  if (reply.sent) {
    reply.raw.destroy();
    return;
  }
  if (error instanceof HttpProblem) void reply.headers(error.headers);
  void reply
    .code(problem.status)
    .header('content-type', 'application/problem+json')
    .send(`${JSON.stringify(problem)}\n`);
}

@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly onProblem: OnProblem) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    sendProblem(error, http.getRequest(), http.getResponse(), this.onProblem);
  }
}
