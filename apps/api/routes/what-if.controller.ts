/** What-if over HTTP: a scenario is answered at once, a sweep becomes a job that tells how far it is and can be ended. Nothing is recorded. */
import { Controller, Delete, Get, Param, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRefusal, RefusalError } from '../../../libs/domain/refusal';
import { durationOption } from '../../../libs/ledger/arguments';
import { Ledger } from '../../../libs/ledger/ledger';
import { askWhatIf } from '../../../libs/ledger/what-if';
import { type JobState, WhatIfJobs } from '../../../libs/ledger/what-if-jobs';
import { Access } from '../access/scopes';
import { parametersOf } from '../parameters';
import { HttpProblem } from '../problems';
import { sendAnswer, sendText } from '../replies';

@Controller('v1')
export class WhatIfController {
  constructor(
    private readonly ledger: Ledger,
    private readonly jobs: WhatIfJobs,
  ) {}

  @Post('portfolios/:id/what-if')
  @Access('reader')
  async whatIf(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['from', 'to', 'every', 'knownAt']);
    const { body } = request;
    if (typeof body !== 'object' || body === null || Array.isArray(body))
      throw new HttpProblem('MalformedBody', 'the body must be one JSON object');
    const every = given.optional('every');
    const window = {
      from: given.optionalTime('from'),
      to: given.optionalTime('to'),
      every: every === undefined ? undefined : durationOption('every', every),
    };
    const knownAt = given.optionalTime('knownAt');
    if (!('vary' in body)) {
      sendAnswer(reply, await askWhatIf(this.ledger, id, body, window, knownAt));
      return;
    }
    const job = await this.jobs.start(id, body, window, knownAt);
    if (!job) throw new HttpProblem('TooManyRequests', 'no more sweeps run at once', { 'retry-after': '5' });
    if (isRefusal(job)) throw new RefusalError(job);
    reply.header('location', `/v1/what-if/${job.jobId}`);
    sendText(reply, 202, `${JSON.stringify(job)}\n`);
  }

  @Get('what-if/:job')
  @Access('reader')
  state(@Param('job') job: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    parametersOf(request, []);
    sendAnswer(reply, known(this.jobs.state(job)));
  }

  @Get('what-if/:job/result')
  @Access('reader')
  result(@Param('job') job: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    parametersOf(request, []);
    const state = known(this.jobs.state(job));
    const answer = this.jobs.answer(job);
    if (!answer) throw new HttpProblem('NotFound', `the job is ${state.status} and has no result`);
    sendAnswer(reply, answer);
  }

  @Delete('what-if/:job')
  @Access('reader')
  end(@Param('job') job: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    parametersOf(request, []);
    sendAnswer(reply, known(this.jobs.delete(job)));
  }
}

function known(state: JobState | undefined): JobState {
  if (!state) throw new HttpProblem('NotFound', 'there is no such job: it was deleted, or the server was started anew');
  return state;
}
