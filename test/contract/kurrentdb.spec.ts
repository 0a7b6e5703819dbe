import { openKurrentStore } from '../../libs/store/kurrentdb/store';
import { LoopbackServer } from '../support/kurrentdb/loopback';
import { tempDir } from '../support/temp';
import { storeContract } from './store-contract';

const servers: LoopbackServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
});

storeContract('the store on a KurrentDB server', async (clock) => {
  const server = await LoopbackServer.start();
  servers.push(server);
  const replica = tempDir();
  const open = () => openKurrentStore(server.url, { mode: 'write', replica, ...(clock ? { clock } : {}) });
  return { store: await open(), reopen: open };
});
