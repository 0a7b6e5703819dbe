import { openKurrentStore } from '../../libs/store/kurrentdb/store';
import { storeContract } from '../contract/store-contract';
import { tempDir } from '../support/temp';
import { freshLedger } from './server';

storeContract('the store on the KurrentDB server at hand', async (clock) => {
  const url = freshLedger();
  const replica = tempDir();
  const open = () => openKurrentStore(url, { mode: 'write', replica, ...(clock ? { clock } : {}) });
  return { store: await open(), reopen: open };
});
