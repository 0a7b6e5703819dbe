/** `events`: the log, one JSON object a line. */
import type { Command } from 'commander';
import { positionOption } from '../../../libs/ledger/arguments';
import { LineWriter } from '../output';
import { action, withLedger } from '../session';

const HELP = `
Examples:
  navledger events | head -n 3
  navledger events --stream portfolio-spx3l | grep FeeCharged
  navledger events --from 1000                   from a position on, included
  navledger events | gzip > events.ndjson.gz     everything; \`navledger import events\` reads it back

A line is {"position", "stream", "revision", "type", "eventId", "data", "metadata"}. Streams are portfolio-ID and price-ID, in lower case.`;

export function registerEvents(program: Command): void {
  program
    .command('events')
    .description('export events, one JSON object a line')
    .option('--stream <name>', 'only this stream')
    .option('--from <position>', 'from this log position on, included', '0')
    .addHelpText('after', HELP)
    .action(
      action(async (globals, options: { stream?: string; from: string }) => {
        const from = positionOption('--from', options.from);
        await withLedger(globals, 'read', async (ledger) => {
          const { exportLines } = require('../../../libs/ledger/log-file') as typeof import('../../../libs/ledger/log-file');
          const out = new LineWriter();
          for await (const line of exportLines(ledger.store, { from, stream: options.stream })) await out.add(line);
          await out.end();
        });
      }, 'own lines'),
    );
}
