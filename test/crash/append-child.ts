/** Records commands for ever, eight calls at a time, and prints `ack INDEX POSITION` for each that was answered. Arguments: directory. */
import { writeSync } from 'node:fs';
import { openEmbeddedStore } from '../../libs/store/embedded/store';
import { id } from '../support/events';
import { Commands } from './commands';

async function main(dir: string): Promise<void> {
  const store = await openEmbeddedStore(dir, { mode: 'write' });
  const commands = new Commands();
  while (store.findCommand(id(`command ${commands.made.length}`))) commands.skip();
  writeSync(1, `ready ${commands.made.length}\n`);
  const record = async (): Promise<never> => {
    for (;;) {
      const index = commands.made.length;
      const [answer] = await store.append([commands.next()]);
      writeSync(1, `ack ${index} ${answer!.position}\n`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, record));
}

void main(process.argv[2]!);
