/** How a command ends: exit codes, and what is printed about anything thrown. */
import type { Problem } from '../../libs/ledger/problem';

export const EXIT = {
  ok: 0,
  unexpected: 1,
  /** Wrong usage, or refused and nothing recorded. */
  refused: 2,
  verification: 3,
  /** The question was answered, and what should agree does not. */
  differences: 4,
  /** Refused and nothing recorded, every refusal a revision conflict. */
  conflict: 5,
  partly: 6,
  store: 7,
  interrupted: 130,
} as const;

/** Ctrl-C, as the reason of an aborted signal. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** Wrong usage: what commander found, or a command that misses something. */
export class UsageError extends Error {}

/** How an error is told: `document` on stdout, `line` on stderr. */
export type Tell = 'line' | 'document' | 'problem line';

/** Prints what was thrown and answers the exit code. A `problem line` is the document on stderr, for commands whose stdout has a shape of its own. */
export function report(error: unknown, tell: Tell): number {
  if (error instanceof Interrupted) {
    process.stderr.write('navledger: interrupted\n');
    return EXIT.interrupted;
  }
  // Loaded only now: most runs end well.
  const { faultOf, problemOf } = require('../../libs/ledger/problem') as typeof import('../../libs/ledger/problem');
  const problem = error instanceof UsageError ? usageProblem(error.message) : problemOf(error);
  if (tell === 'line') process.stderr.write(withoutPasswords(`navledger: ${problem.detail}\n`));
  else (tell === 'document' ? process.stdout : process.stderr).write(withoutPasswords(`${JSON.stringify(problem)}\n`));
  if (problem.code === 'Defect') {
    if (error instanceof Error && process.env['NAVLEDGER_DEBUG']) process.stderr.write(withoutPasswords(`${error.stack}\n`));
    return EXIT.unexpected;
  }
  return faultOf(error) === undefined ? EXIT.refused : EXIT.store;
}

/** Whatever a message quotes: a mistyped command line, a client's own words. */
function withoutPasswords(text: string): string {
  return text.replaceAll(/(\/[^\s:@/]*):[^\s"]*@/g, '$1:***@');
}

function usageProblem(detail: string): Problem {
  return { type: 'urn:navledger:problem:Usage', title: 'The command line is not one of this program.', status: 400, code: 'Usage', detail };
}
