import { chromium } from 'playwright';
import { chromiumArgs, chromiumPath } from '../../scripts/chromium.ts';
import { startHostServer } from '../../src/sandbox/fixtures/host-page.node.ts';
import type { Engine } from './engine.ts';
import type { GivenProgram, RunEnd } from './given-program.ts';

/** Runs each program in Chromium, in a fresh slot of the real sandbox: guard, opaque frame, worker, fuel. */
export async function openSandboxEngine(): Promise<Engine> {
  const server = await startHostServer();
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: [...chromiumArgs] });
  const page = await browser.newPage();
  await page.goto(`${server.origin}/host.html`);
  return {
    run(program, isTraced) {
      const { args, env, directories, preopens } = program;
      const files = program.files.map(({ path, bytes }) => ({ path, base64: base64(bytes) }));
      const module = base64(program.module);
      const given: GivenProgram = { module, args, env, files, directories, preopens, isTraced };
      return page.evaluate(async (sent) => {
        const address = '/tests/wasi/run-in-sandbox.page.ts';
        const { runInSandbox } = (await import(address)) as {
          runInSandbox: (given: GivenProgram) => Promise<RunEnd>;
        };
        return runInSandbox(sent);
      }, given);
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
