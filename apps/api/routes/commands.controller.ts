/**
 * A route for each command: the body is the command's data, `Idempotency-Key` its id, `If-Match` the revision that its stream must be at. Answered 201 when durable,
 * again with the first answer when the id came before, and with a problem when refused.
 */
import { Controller, Post, Req, Res, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CommandName } from '../../../libs/domain/commands';
import { isRefusal, refuse, type Refusal, RefusalError } from '../../../libs/domain/refusal';
import { envelope, type Envelope } from '../../../libs/ledger/envelope';
import { Host } from '../../../libs/ledger/host';
import { COMMAND_NAMES } from '../../../libs/ledger/shapes';
import { Access, COMMAND_SCOPES } from '../access/scopes';
import { commandHeaders } from '../command-headers';
import { parametersOf } from '../parameters';
import { HttpProblem } from '../problems';
import { sendText } from '../replies';
import { COMMAND_ROUTES } from './command-routes';

function controllerOf(name: CommandName): Type {
  @Controller()
  class CommandController {
    constructor(private readonly host: Host) {}

    @Post(COMMAND_ROUTES[name])
    @Access(COMMAND_SCOPES[name])
    async send(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
      parametersOf(request, []);
      const outcome = await this.host.submit(envelopeOf(name, request));
      request.noted = outcome;
      if ('refusal' in outcome) throw new RefusalError(outcome.refusal);
      const answer = await outcome.recorded;
      request.noted = answer;
      reply.header('etag', `"${answer.revision}"`);
      sendText(reply, 201, `${JSON.stringify(answer)}\n`);
    }
  }
  Object.defineProperty(CommandController, 'name', { value: `${name}Controller` });
  return CommandController;
}

export const COMMAND_CONTROLLERS = COMMAND_NAMES.map(controllerOf);

/** Throws RefusalError when headers, path or body are not a command. */
function envelopeOf(name: CommandName, request: FastifyRequest): Envelope {
  const { commandId, expectedRevision } = commandHeaders(request);
  const read = envelope(name, dataOf(request), commandId, expectedRevision);
  if (isRefusal(read)) throw new RefusalError(read);
  return { ...read, actor: request.caller.actor };
}

/** The body, with the portfolio that the path names. Throws HttpProblem when it is not one object. */
function dataOf({ body, params }: FastifyRequest): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new HttpProblem('MalformedBody', 'the body must be one JSON object');
  const { id } = params as { readonly id?: string };
  if (id === undefined) return body;
  const { portfolioId = id } = body as { readonly portfolioId?: unknown };
  if (portfolioId === id) return { ...body, portfolioId };
  throw new RefusalError(otherPortfolio(portfolioId, id));
}

function otherPortfolio(value: unknown, id: string): Refusal {
  return refuse('InvalidField', `must be ${id}, as in the path, or left out`, { field: '/portfolioId', value });
}
