import { expose, transfer } from 'comlink';
import { guardCalls, type GuardWorker } from './guard-calls.ts';

/*
 * Runs the guards away from the page's thread. It is a worker of the host's own: it reads strangers' bytes and never
 * runs them.
 */

const calls: GuardWorker = {
  isReady: () => true,
  wasm(bytes, limits) {
    const answer = guardCalls.wasm(bytes, limits);
    // Its answer can be as large as the module: it moves, and is not copied.
    return 'value' in answer ? transfer(answer, [answer.value.module.buffer]) : answer;
  },
  wgsl: guardCalls.wgsl,
  model: guardCalls.model,
};

expose(calls);
