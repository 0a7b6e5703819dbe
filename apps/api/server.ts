/** The server: a Nest application around an open ledger, from its first listening to its last answer. The ledger stays its owner's, who closes it after the server stopped. */
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Ledger } from '../../libs/ledger/ledger';
import { callerOf, SCOPES } from './access/scopes';
import { ApiAdapter } from './adapter';
import { ApiModule } from './app.module';
import { Contract } from './contract/contract';
import { Limits } from './limits';
import { type OnProblem, ProblemFilter } from './problems';

export interface Server {
  /** Where it listens. */
  readonly url: string;
  stop(): Promise<void>;
}

export async function startServer(ledger: Ledger, host: string, port: number): Promise<Server> {
  const limits = new Limits(1024 * 1024, 30_000, 10_000);
  const onProblem: OnProblem = () => undefined;
  const adapter = new ApiAdapter({ bodyLimit: limits.bodyBytes, logger: false, forceCloseConnections: 'idle' }, onProblem);
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.forRoot(ledger, limits), adapter, {
    logger: false,
    abortOnError: false,
    bodyParser: false,
  });
  app.useSecurityHeaders();
  app.get(Contract).follow(app);
  app.useGlobalFilters(new ProblemFilter(onProblem));
  const caller = callerOf('anybody', SCOPES);
  adapter.getInstance().addHook('onRequest', (request, _reply, done) => {
    request.caller = caller;
    done();
  });
  await app.listen(port, host);
  return { url: await app.getUrl(), stop: () => app.close() };
}
