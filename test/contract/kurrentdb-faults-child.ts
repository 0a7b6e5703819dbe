/**
 * A process with a ledger on a server open. Prints `ready FOLDER POSITION`; then follows until it is killed, or, when it is given a command's name, appends it, prints the answer's
 * status and closes, after which nothing holds it. Arguments: URL, folder for copies, name.
 */
import { openKurrentStore } from '../../libs/store/kurrentdb/store';
import { request } from '../support/events';

async function main(url: string, replica: string, name?: string): Promise<void> {
  const store = await openKurrentStore(url, { mode: 'write', replica });
  console.log(`ready ${store.dir} ${store.head().position}`);
  if (name === undefined) return;
  const [answer] = await store.append([request(name, name, -1)]);
  console.log(answer!.status);
  await store.close();
}

void main(process.argv[2]!, process.argv[3]!, process.argv[4]);
