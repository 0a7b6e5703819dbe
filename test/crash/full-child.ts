/**
 * Appends until the disk is full, looks whether the store still works, lifts the limit on file size and goes on. Prints one JSON line.
 * Arguments: directory, events a command.
 */
import { execFileSync } from 'node:child_process';
import { openEmbeddedStore } from '../../libs/store/embedded/store';
import type { StoreError } from '../../libs/store/port';
import { request } from '../support/events';

async function main(dir: string, count: number): Promise<void> {
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  let index = 0;
  const append = () => store.append([request(`c${index}`, 'a', store.streamHead('a'), count, { data: JSON.stringify('x'.repeat(500)) })]);
  const faults: string[] = [];
  while (faults.length < 3) {
    await append().then(
      () => index++,
      (error: unknown) => faults.push((error as StoreError).fault ?? String(error)),
    );
  }
  const before = store.head().position;
  let read = 0;
  for await (const slice of store.readAll(0)) for (const frame of slice.frames()) read += frame.position >= 0 ? 1 : 0;
  execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited']);
  const recorded = index;
  for (let more = 0; more < 20; more++, index++) await append();
  console.log(JSON.stringify({ faults, recorded, before, read, after: store.head().position }));
  await store.close();
}

void main(process.argv[2]!, Number(process.argv[3]));
