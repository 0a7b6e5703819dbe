/** The demo's place on the command line. */
import type { Command } from 'commander';

export function registerDemo(_program: Command): void {}
