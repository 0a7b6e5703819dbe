/** Where a command's result goes: stdout, or a file that `--out` names. */
import { writeFileSync } from 'node:fs';
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
      throw bad('--out', out, `must be a file that can be written: ${(error as Error).message}`);
    }
    return;
  }
  const lines = new LineWriter();
  for await (const piece of pieces) await (typeof piece === 'string' ? lines.add(piece) : write(piece));
  await lines.end();
}

/** Throws RefusalError. */
export function refuseParquetOnTerminal(format: string, out: string | undefined): void {
  if (format === 'parquet' && out === undefined && process.stdout.isTTY) {
    throw bad('--format', format, 'parquet is no text: name a file with --out, or redirect stdout');
  }
}
