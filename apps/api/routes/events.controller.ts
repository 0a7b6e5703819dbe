/** The log: all of it or one portfolio's stream, in pages of JSON, or whole as the command line exports it. Events stand there byte for byte as in an export. */
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { positionOption } from '../../../libs/ledger/arguments';
import { Host } from '../../../libs/ledger/host';
import { Ledger } from '../../../libs/ledger/ledger';
import { assertStream, exportLines } from '../../../libs/ledger/log-file';
import { logLines } from '../../../libs/ledger/log-lines';
import { Access } from '../access/scopes';
import { cursor, skipped } from '../cursor';
import { type Parameters, parametersOf } from '../parameters';
import { inPieces, sendPieces, sendText } from '../replies';
import { streamOfPortfolio } from './portfolio-stream';

const PAGE = 100;
const LARGEST_PAGE = 1000;
/** A page ends with the event that makes it as long as this. */
const PAGE_CHARACTERS = 4 << 20;

@Controller('v1')
export class EventsController {
  constructor(
    private readonly host: Host,
    private readonly ledger: Ledger,
  ) {}

  @Get('events')
  @Access('auditor')
  async events(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = eventParameters(request, ['stream', 'from']);
    const stream = given.optional('stream');
    if (stream !== undefined) assertStream(this.ledger.store, stream, 'stream');
    await this.send(request, reply, given, stream);
  }

  @Get('portfolios/:id/events')
  @Access('auditor')
  async portfolioEvents(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = eventParameters(request, ['from']);
    await this.send(request, reply, given, await streamOfPortfolio(this.host, id));
  }

  private async send(request: FastifyRequest, reply: FastifyReply, given: Parameters, stream: string | undefined): Promise<void> {
    const from = positionOption('from', given.optional('from') ?? '0');
    void reply.header('vary', 'accept');
    if (isExport(request)) {
      await sendPieces(reply, 'application/x-ndjson', inPieces(exportLines(this.ledger.store, { from, stream })));
    } else sendText(reply, 200, await this.page(given, from, stream));
  }

  /** `next` is a position of the log or a revision of the stream. */
  private async page(given: Parameters, from: number, stream: string | undefined): Promise<string> {
    const { store } = this.ledger;
    const limit = given.count('limit', PAGE, LARGEST_PAGE);
    const list = `events ${stream ?? '*'}`;
    const start = given.optional('cursor') === undefined ? undefined : skipped(list, given);
    const part = stream === undefined ? { from: start ?? from } : { from: start === undefined ? from : 0, stream, revision: start };
    const texts: string[] = [];
    let characters = 0;
    let next: number | undefined;
    for await (const { position, revision, text } of logLines(store, part)) {
      if (texts.length === limit || characters >= PAGE_CHARACTERS) {
        next = stream === undefined ? position : revision;
        break;
      }
      texts.push(text.slice(0, -1));
      characters += text.length;
    }
    return `{"events":[${texts.join(',')}],"next":${JSON.stringify(cursor(list, next))}}\n`;
  }
}

/** An export is whole: it has no pages. */
function eventParameters(request: FastifyRequest, known: readonly string[]): Parameters {
  return parametersOf(request, isExport(request) ? known : [...known, 'limit', 'cursor']);
}

function isExport({ headers }: FastifyRequest): boolean {
  return /(^|,)\s*application\/x-ndjson\s*(;|,|$)/i.test(headers.accept ?? '');
}
