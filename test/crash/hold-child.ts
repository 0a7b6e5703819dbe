/**
 * Holds a store for writing and does what standard input says, a line each: `append NAME STREAM REVISION COUNT [BYTES]`. Prints `ready PID` and, for
 * each line, `position N`, or the fault. Arguments: directory.
 */
import { createInterface } from 'node:readline';
import { openEmbeddedStore } from '../../libs/store/embedded/store';
import type { StoreError } from '../../libs/store/port';
import { request } from '../support/events';

async function main(dir: string): Promise<void> {
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  console.log(`ready ${process.pid}`);
  for await (const line of createInterface({ input: process.stdin })) {
    const [, name, stream, revision, count, bytes] = line.split(' ');
    const data = JSON.stringify('x'.repeat(Number(bytes ?? 10)));
    const answer = await store.append([request(name!, stream!, Number(revision), Number(count), { data })]).then(
      ([result]) => `position ${result!.position}`,
      (error: unknown) => (error as StoreError).fault,
    );
    console.log(answer);
  }
  await store.close();
}

void main(process.argv[2]!);
