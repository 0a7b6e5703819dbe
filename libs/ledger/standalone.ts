/** Nest's buses around an open ledger, for borders that have no Nest application of their own. The ledger stays its owner's, who closes it. */
import { NestFactory } from '@nestjs/core';
import { Host } from './host';
import type { Ledger } from './ledger';
import { LedgerModule } from './ledger.module';

export async function startHost(ledger: Ledger): Promise<{ readonly host: Host; readonly close: () => Promise<void> }> {
  const app = await NestFactory.createApplicationContext(LedgerModule.forRoot(ledger), { logger: false, abortOnError: false });
  await app.init();
  return { host: app.get(Host), close: () => app.close() };
}
