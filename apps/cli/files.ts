/** Where a command's result goes: stdout, or a file that `--out` names. */
import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { RefusalError } from '../../libs/domain/refusal';
import { bad } from '../../libs/ledger/arguments';
import { LineWriter, write } from './output';

/** Writes pieces of text or bytes in order. A file is written when all of them are there. Throws RefusalError for a file that cannot be written. */
export async function put(
  pieces: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
  out: string | undefined,
): Promise<void> {
  if (out !== undefined) {
    const parts: Buffer[] = [];
    for await (const piece of pieces) parts.push(Buffer.from(piece as Uint8Array));
    try {
      writeFileSync(out, Buffer.concat(parts));
    } catch (error) {
      throw unwritable(out, error);
    }
    return;
  }
  const lines = new LineWriter();
  for await (const piece of pieces) await (typeof piece === 'string' ? lines.add(piece) : write(piece));
  await lines.end();
}

/** Says before long work what {@link put} would say behind it. Throws RefusalError. */
export function refuseUnwritable(out: string | undefined): void {
  if (out === undefined) return;
  try {
    accessSync(existsSync(out) ? out : dirname(resolve(out)), constants.W_OK);
    if (existsSync(out) && statSync(out).isDirectory()) throw new Error('it is a directory');
  } catch (error) {
    throw unwritable(out, error);
  }
}

function unwritable(out: string, error: unknown): RefusalError {
  return bad('--out', out, `must be a file that can be written: ${(error as Error).message}`);
}

/** Throws RefusalError. */
export function refuseParquetOnTerminal(format: string, out: string | undefined): void {
  if (format === 'parquet' && out === undefined && process.stdout.isTTY) {
    throw bad('--format', format, 'parquet is no text: name a file with --out, or redirect stdout');
  }
}
