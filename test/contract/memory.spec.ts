import { MemoryStore } from '../../libs/store/memory';
import { storeContract } from './store-contract';

storeContract('the memory store', async (clock) => ({ store: new MemoryStore(clock ? { clock } : {}) }));
