/** `import`: files of prices, funding rates and events become events. */
import type { Command } from 'commander';

export function registerImport(program: Command): void {
  program.command('import').description('read files of prices, funding rates or events');
}
