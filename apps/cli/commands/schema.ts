/** `schema`: the JSON Schemas of what scripts write. */
import type { Command } from 'commander';
import { bad } from '../../../libs/ledger/arguments';
import { printJson, write } from '../output';
import { action } from '../session';

const HELP = `
Examples:
  navledger schema                 the names
  navledger schema scenario        what-if scenarios
  navledger schema fee-schedule    fee schedules, as AdoptFeeSchedule and scenarios take them`;

export function registerSchema(program: Command): void {
  program
    .command('schema')
    .description('the JSON Schema of commands, fee schedules, scenarios and sweeps')
    .argument('[name]')
    .addHelpText('after', HELP)
    .action(
      action(async (globals, name: string | undefined) => {
        const { namedSchema, SCHEMA_NAMES } = require('../../../libs/ledger/schemas') as typeof import('../../../libs/ledger/schemas');
        if (name === undefined) {
          await (globals.json ? printJson(SCHEMA_NAMES) : write(`${SCHEMA_NAMES.join('\n')}\n`));
          return;
        }
        const schema = namedSchema(name);
        if (!schema) throw bad('name', name, `must be one of ${SCHEMA_NAMES.join(', ')}`);
        await (globals.json ? printJson(schema) : write(`${JSON.stringify(schema, null, 2)}\n`));
      }),
    );
}
