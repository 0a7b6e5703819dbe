/**
 * The log as it grows, as server-sent events: each event with its position as `id`, its type as `event` and its line of the export as `data`. Whoever comes again with the
 * last id gets what follows it, once, from whatever process serves the store.
 */
import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { bad, positionOption } from '../../../libs/ledger/arguments';
import { Host } from '../../../libs/ledger/host';
import { Ledger } from '../../../libs/ledger/ledger';
import { followLog } from '../../../libs/ledger/log-lines';
import { Access } from '../access/scopes';
import { Lasting } from '../lasting';
import { type Parameters, parametersOf } from '../parameters';
import { EventBlocks } from '../sse';
import { streamOfPortfolio } from './portfolio-stream';

/** Between two signs of life. */
const BEAT_MILLIS = 15_000;

@Controller('v1')
export class StreamController {
  constructor(
    private readonly host: Host,
    private readonly ledger: Ledger,
    private readonly lasting: Lasting,
  ) {}

  @Get('stream')
  @Access('auditor')
  async stream(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['portfolio', 'from']);
    const portfolio = given.optional('portfolio');
    const stream = portfolio === undefined ? undefined : await streamOfPortfolio(this.host, portfolio);
    const from = firstPosition(request, given, this.ledger.store.head().position);
    const { signal } = this.lasting.begin('stream', reply);
    const blocks = new EventBlocks(from - 1);
    const beats = setInterval(() => blocks.beat(), BEAT_MILLIS);
    reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    void reply.send(blocks);
    followLog(this.ledger.store, { from, stream }, (lines, passed) => blocks.give(lines, passed, signal), signal)
      .then(
        () => blocks.push(null),
        (error: Error) => blocks.destroy(error),
      )
      .finally(() => clearInterval(beats));
  }
}

/** Behind the last id, or from a position on, or whatever comes next. Throws RefusalError. */
function firstPosition({ headers }: FastifyRequest, given: Parameters, head: number): number {
  const last = headers['last-event-id'];
  const from = given.optional('from');
  const known = from === undefined ? undefined : positionOption('from', from);
  if (last !== undefined) {
    const text = String(last);
    const position = /^(-1|0|[1-9]\d{0,14})$/.test(text) ? Number(text) : undefined;
    if (position === undefined) throw bad('Last-Event-ID', text, 'must be the id of an event of this stream: a log position');
    if (position > head) throw bad('Last-Event-ID', text, `must be at most ${head}, the last position of the log`);
    return position + 1;
  }
  if (known !== undefined && known > head + 1) throw bad('from', from, `must be at most ${head + 1}, the position of the next event`);
  return known ?? head + 1;
}
