import { memoryStore } from './memory-store.ts';
import { describeStore } from './store.contract.ts';

describeStore('memory store', async (options) => memoryStore(options));
