/** For whoever watches the process: whether it runs, and whether it can do its work. */
import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { Access } from '../access/scopes';
import { Condition } from '../observe/condition';
import { sendText } from '../replies';

@Controller('health')
export class HealthController {
  constructor(private readonly condition: Condition) {}

  @Get('live')
  @Access('public')
  live(@Res() reply: FastifyReply): void {
    sendText(reply, 200, '{"status":"live"}\n');
  }

  @Get('ready')
  @Access('public')
  ready(@Res() reply: FastifyReply): void {
    const status = this.condition.state();
    sendText(reply, status === 'ready' ? 200 : 503, `${JSON.stringify({ status })}\n`);
  }
}
