import { join, resolve } from 'node:path';
import { buildApp, ROOT } from './build.ts';
import { runDemo } from './demo/demo.ts';
import { lockState } from './local-state.ts';
import { START_HELP, type StartFlags, parseStartFlags } from './start-flags.ts';
import { startStack } from './stack.ts';

const STATE = join(ROOT, '.kiln', 'local');

/** Runs until told to stop; resolves with the exit code. */
async function main(): Promise<number> {
  const flags = parseStartFlags(process.argv.slice(2));
  if (flags.isHelp) {
    console.log(START_HELP);
    return 0;
  }
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(signal, () => controller.abort());
  console.log('Building the app (only when its sources have changed) …');
  await buildApp();
  return flags.isDemo
    ? runDemo({
        ...flags,
        out: resolve(process.env['INIT_CWD'] ?? process.cwd(), flags.out),
        signal: controller.signal,
      })
    : runLocal(flags, controller.signal);
}

async function runLocal(flags: StartFlags, signal: AbortSignal): Promise<number> {
  const unlock = lockState(STATE);
  try {
    await using stack = await startStack({
      stateDirectory: STATE,
      appPort: flags.port,
      onStep: (step) => console.log(`${step} …`),
    });
    console.log(`
  Kiln is ready: ${stack.url}

  Open it in Chrome, Edge or another Chromium. Each browser profile is one node with a wallet of its own that
  holds test GLM. Ctrl-C stops everything; the chain and the relay go on where they were at the next start.
`);
    if (!signal.aborted) {
      await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
    }
    console.log('Stopping …');
  } finally {
    unlock();
  }
  return 0;
}

try {
  process.exit(await main());
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
