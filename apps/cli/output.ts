/** What goes to stdout, and how numbers and tables look to a person. Decimals stay text: they are grouped and rounded exactly, never parsed as floating point. */
import { once } from 'node:events';
import { styleText } from 'node:util';
import { formatFixed, parseDecimal, rescale } from '../../libs/domain/decimal';

/** Whoever reads our stdout has gone. */
export class OutputClosed extends Error {}

let closed = false;

/** To be called once: a reader that goes away (`| head`) is no failure of ours. */
export function watchOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    closed = true;
  });
}

/** Writes text, and waits while the reader is behind. Throws OutputClosed when nobody reads any more. */
export async function write(text: string | Uint8Array): Promise<void> {
  if (!closed && !process.stdout.write(text)) {
    // An error ends the waiting too; watchOutput hears of it.
    const waiting = new AbortController();
    const events = ['drain', 'close'].map((event) => once(process.stdout, event, { signal: waiting.signal }));
    await Promise.race(events).catch(() => undefined);
    waiting.abort();
  }
  // An EPIPE is told one turn later.
  if (process.stdout.errored) closed = true;
  if (closed) throw new OutputClosed();
}

/** Many short texts as few writes, in order: what was added in one turn of the event loop is written together. */
export class LineWriter {
  private waiting: string[] = [];
  private flushing: Promise<void> | undefined;

  /** Resolves when there is room for more; throws OutputClosed. */
  async add(line: string): Promise<void> {
    if (closed) throw new OutputClosed();
    this.waiting.push(line);
    this.flushing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.flush());
    this.flushing.catch(() => undefined);
    if (this.waiting.length >= 1024) await this.flushing;
  }

  async end(): Promise<void> {
    await this.flushing;
    await this.flush();
  }

  private async flush(): Promise<void> {
    this.flushing = undefined;
    const text = this.waiting.join('');
    this.waiting = [];
    if (text !== '') await write(text);
  }
}

export function printJson(document: unknown): Promise<void> {
  return write(`${JSON.stringify(document)}\n`);
}

/** Colours on a terminal, plain text elsewhere. */
export function styled(style: Parameters<typeof styleText>[0], text: string): string {
  return process.stdout.isTTY && !process.env['NO_COLOR'] ? styleText(style, text) : text;
}

/** A decimal with its thousands apart: -206003.59 is -206,003.59. */
export function grouped(decimal: string): string {
  const [whole, fraction] = decimal.split('.') as [string, string | undefined];
  const apart = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? apart : `${apart}.${fraction}`;
}

/** A decimal at no more than `digits` decimals, rounded half-even, without trailing zeros beyond `least`. */
export function rounded(decimal: string, digits: number, least = 0): string {
  const { digits: units, scale } = parseDecimal(decimal)!;
  const text = scale <= digits ? decimal : formatFixed(rescale(units, scale, digits), digits);
  const point = text.indexOf('.');
  if (point < 0) return text;
  let end = text.length;
  while (end > point + 1 + least && text[end - 1] === '0') end--;
  return text.slice(0, end === point + 1 ? point : end);
}

/** Rows in columns; `right` names the columns that stand to the right. Cells may not be styled yet: `style` does it after padding. */
export function table(
  rows: readonly (readonly string[])[],
  right: ReadonlySet<number>,
  style?: (row: number, column: number, cell: string) => string,
): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows
    .map((row, r) => {
      const cells = row.map((cell, i) => {
        const padded = right.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!);
        return style ? style(r, i, padded) : padded;
      });
      return `${cells.join('  ').trimEnd()}\n`;
    })
    .join('');
}
