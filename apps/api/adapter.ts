/**
 * Fastify under Nest, with one way to say that something went wrong: Nest's own handlers for errors and unknown routes give way to ours, and so do Fastify's for what is
 * no request. JSON is the one body that is read; routes that take another say so.
 */
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyServerOptions } from 'fastify';
import type { Traffic } from './observe/traffic';
import { HttpProblem, type OnProblem, problemOfRequest, sendProblem } from './problems';

export class ApiAdapter extends FastifyAdapter {
  private readonly onProblem: OnProblem;

  constructor(options: object, traffic: Traffic) {
    const onProblem: OnProblem = (...told) => traffic.problem(...told);
    const own: FastifyServerOptions = {
      frameworkErrors: (error, request, reply) => {
        traffic.begin(request, reply);
        sendProblem(error, request, reply, onProblem);
      },
      clientErrorHandler: answerSocket,
    };
    super({ ...options, ...own, skipMiddie: true } as never);
    this.onProblem = onProblem;
    this.getInstance().removeContentTypeParser('text/plain');
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
