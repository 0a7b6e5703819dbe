/** What there is: portfolios and instruments, in pages and one by one. */
import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Host } from '../../../libs/ledger/host';
import { Access } from '../access/scopes';
import { cursor, skipped } from '../cursor';
import { parametersOf } from '../parameters';
import { sendAnswer, sendVersion } from '../replies';

const PAGE = 100;
const LARGEST_PAGE = 1000;

@Controller('v1')
export class CatalogueController {
  constructor(private readonly host: Host) {}

  @Get('portfolios')
  @Access('reader')
  async portfolios(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['limit', 'cursor']);
    const { items, next } = await this.host.portfolios(skipped('portfolios', given), given.count('limit', PAGE, LARGEST_PAGE));
    sendAnswer(reply, { portfolios: items, next: cursor('portfolios', next) });
  }

  @Get('portfolios/:id')
  @Access('reader')
  async portfolio(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    parametersOf(request, []);
    sendVersion(reply, await this.host.portfolio(id), request.headers['if-none-match']);
  }

  @Get('instruments')
  @Access('reader')
  async instruments(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['limit', 'cursor']);
    const { items, next } = await this.host.instruments(skipped('instruments', given), given.count('limit', PAGE, LARGEST_PAGE));
    sendAnswer(reply, { instruments: items, next: cursor('instruments', next) });
  }

  @Get('instruments/:id')
  @Access('reader')
  async instrument(@Param('id') id: string, @Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    parametersOf(request, []);
    sendVersion(reply, await this.host.instrument(id), request.headers['if-none-match']);
  }
}
