/** How far a long command is, on stderr: one line that changes on a terminal, a line every few seconds elsewhere, nothing with --quiet. */
const TERMINAL_MILLIS = 100;
const LOG_MILLIS = 5_000;
const BAR = 24;

export class Progress {
  private readonly started = Date.now();
  private next: number;
  private shown = false;

  constructor(
    private readonly label: string,
    private readonly quiet: boolean,
  ) {
    this.next = this.started + (process.stderr.isTTY ? TERMINAL_MILLIS : LOG_MILLIS);
  }

  /** `of`: the whole, when it is known. `unit`: what is counted. */
  readonly update = (done: number, of?: number, unit = 'events'): void => {
    if (this.quiet) return;
    const now = Date.now();
    if (now < this.next) return;
    const terminal = process.stderr.isTTY;
    this.next = now + (terminal ? TERMINAL_MILLIS : LOG_MILLIS);
    const text = `${this.label}  ${bar(done, of)}${count(done)}${of === undefined ? '' : ` of ${count(of)}`} ${unit}${this.rate(done, now, unit)}`;
    process.stderr.write(terminal ? `\r${text.slice(0, (process.stderr.columns ?? 80) - 1)}\x1b[K` : `${text}\n`);
    this.shown = terminal;
  };

  /** Takes the line away. */
  readonly end = (): void => {
    if (this.shown) process.stderr.write('\r\x1b[K');
    this.shown = false;
  };

  private rate(done: number, now: number, unit: string): string {
    const seconds = (now - this.started) / 1000;
    return seconds < 1 || unit === 'bytes' ? '' : `, ${count(Math.round(done / seconds))}/s`;
  }
}

/** A count with its thousands apart. */
export function count(n: number): string {
  return n.toLocaleString('en-US');
}

/** "1 row", "2 rows", "0 rows". */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

function bar(done: number, of: number | undefined): string {
  if (!process.stderr.isTTY || of === undefined || of === 0) return '';
  const full = Math.min(BAR, Math.round((BAR * done) / of));
  return `[${'#'.repeat(full)}${'.'.repeat(BAR - full)}] ${String(Math.floor((100 * done) / of)).padStart(3)} %  `;
}
