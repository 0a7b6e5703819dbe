/**
 * Many commands in one request: a line each, answered with a line each as `record --json` prints them, while further lines arrive. Whoever does not read the answers is not
 * read either. Invariant: every line answered as recorded is; lines without an answer may be recorded or not, and can be sent again under their ids.
 */
import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isRefusal, refuse } from '../../../libs/domain/refusal';
import { readLine } from '../../../libs/ledger/envelope';
import { Host } from '../../../libs/ledger/host';
import { Ledger } from '../../../libs/ledger/ledger';
import { type LineAnswer, type ReadLine, recordAtomically, recordLines, recordNothing } from '../../../libs/ledger/record-lines';
import { Access, type Caller, COMMAND_SCOPES } from '../access/scopes';
import { atMost, bodyLines } from '../batch-body';
import { Lasting } from '../lasting';
import { Limits } from '../limits';
import { Metrics } from '../observe/metrics';
import { type Parameters, parametersOf } from '../parameters';
import { problemOfRequest } from '../problems';
import { sendPieces } from '../replies';
import { BATCH_ROUTE } from './command-routes';

@Controller()
export class BatchController {
  constructor(
    private readonly host: Host,
    private readonly ledger: Ledger,
    private readonly lasting: Lasting,
    private readonly limits: Limits,
    private readonly metrics: Metrics,
  ) {}

  @Post(BATCH_ROUTE)
  @Access('recorder')
  async record(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const given = parametersOf(request, ['atomic', 'dryRun']);
    const answers = this.answers(request, reply, given);
    await sendPieces(reply, 'application/x-ndjson', this.told(answers, request));
  }

  private async *answers(request: FastifyRequest, reply: FastifyReply, given: Parameters): AsyncGenerator<LineAnswer, void, undefined> {
    const [atomic, dryRun] = [given.flag('atomic'), given.flag('dryRun')];
    const read = readFor(request.caller);
    const lines = bodyLines(request, reply, this.lasting.begin('batch', reply), this.limits.arrivalMillis);
    if (!atomic && !dryRun) return yield* recordLines((envelope) => this.host.submit(envelope), lines, read);
    const held = atMost(this.limits.bodyBytes, lines);
    yield* await (atomic ? recordAtomically(this.ledger, held, dryRun, read) : recordNothing(this.ledger, held, read));
  }

  /** As text; what ends the batch behind its first answer is its last line, a problem. */
  private async *told(answers: AsyncIterable<LineAnswer>, request: FastifyRequest): AsyncGenerator<string, void, undefined> {
    let begun = false;
    try {
      for await (const answer of answers) {
        if (answer.problem) this.metrics.problem(answer.problem.code);
        begun = true;
        yield `${JSON.stringify(answer)}\n`;
      }
    } catch (error) {
      const problem = problemOfRequest(error, request);
      if (!begun || problem.code === 'Defect') throw error;
      this.metrics.problem(problem.code);
      yield `${JSON.stringify(problem)}\n`;
    }
  }
}

/** Reads a line as sent by this caller, who may not send every command. */
function readFor({ actor, scopes }: Caller): ReadLine {
  return (text) => {
    const read = readLine(text);
    if (isRefusal(read)) return read;
    const { name } = read.command;
    const scope = COMMAND_SCOPES[name];
    return scopes.has(scope) ? { ...read, actor } : refuse('Forbidden', `needs the scope ${scope}`, { field: 'command', value: name });
  };
}
