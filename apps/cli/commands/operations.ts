/** Looking after a store: `rebuild`, `doctor`, `backup`, `restore`. */
import type { Command } from 'commander';

export function registerOperations(_program: Command): void {}
