/** The questions about a portfolio, answered byte for byte as the command line does with `--json`, or `--format` for a history. */
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { fromEpochMillis } from '../../../libs/domain/instant';
import { historyFile, HISTORY_FORMATS, type HistoryFormat } from '../../../libs/ledger/history-file';
import { Host } from '../../../libs/ledger/host';
import { Access } from '../access/scopes';
import { Limits } from '../limits';
import { parametersOf } from '../parameters';
import { sendAnswer, sendPieces } from '../replies';

const MEDIA_TYPES: { readonly [F in HistoryFormat]: string } = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  parquet: 'application/vnd.apache.parquet',
};

@Controller('v1/portfolios/:id')
export class QuestionsController {
  constructor(
    private readonly host: Host,
    private readonly limits: Limits,
  ) {}

  @Get('nav')
  @Access('reader')
  async nav(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['at', 'knownAt']);
    const at = given.optionalTime('at') ?? fromEpochMillis(Date.now());
    sendAnswer(reply, await this.host.nav(id, at, given.optionalTime('knownAt')));
  }

  @Get('history')
  @Access('reader')
  async history(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['from', 'to', 'every', 'format', 'knownAt']);
    const format = given.choice('format', HISTORY_FORMATS, 'json');
    const signal = timeLimit(reply, this.limits.questionMillis);
    const answers = this.host.history(
      id,
      given.time('from'),
      given.time('to'),
      given.duration('every', '1d'),
      given.optionalTime('knownAt'),
      signal,
    );
    await sendPieces(reply, MEDIA_TYPES[format], historyFile(answers, format), signal);
  }

  @Get('attribution')
  @Access('reader')
  async attribution(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['from', 'to', 'knownAt']);
    sendAnswer(reply, await this.host.attribution(id, given.time('from'), given.time('to'), given.optionalTime('knownAt')));
  }

  @Get('fee-audit')
  @Access('reader')
  async feeAudit(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['from', 'to', 'knownAt']);
    const signal = timeLimit(reply, this.limits.questionMillis);
    sendAnswer(reply, await this.host.feeAudit(id, given.time('from'), given.time('to'), given.optionalTime('knownAt'), { signal }));
  }

  @Get('tear-sheet')
  @Access('reader')
  async tearSheet(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['knownAt']);
    sendAnswer(reply, await this.host.tearSheet(id, given.optionalTime('knownAt')));
  }
}

/** Aborted when the reply takes longer than it may, and forgotten with it: a signal that outlived it would hold all that was sent. */
function timeLimit({ raw }: FastifyReply, millis: number): AbortSignal {
  const limit = new AbortController();
  const late = setTimeout(() => limit.abort(new DOMException('the time is up', 'TimeoutError')), millis);
  raw.once('close', () => clearTimeout(late));
  return limit.signal;
}
