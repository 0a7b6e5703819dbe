import { openEmbeddedStore } from '../../libs/store/embedded/store';
import { tempDir } from '../support/temp';
import { storeContract } from './store-contract';

storeContract('the embedded store', async (clock) => {
  const dir = tempDir();
  const open = () => openEmbeddedStore(dir, { mode: 'write', ...(clock ? { clock } : {}) });
  return { store: await open(), reopen: open };
});
