import type { WgslLoad } from '../../messages.ts';
import { withErrorScopes } from './error-scopes.ts';
import { openDevice, whileAlive } from './gpu-device.ts';
import { Overrun } from './overrun.ts';
import { compilePasses } from './pipelines.ts';
import type { Runner } from '../runner.ts';
import { WgslRunner } from './wgsl-runner.ts';

/** Opens the GPU and compiles a program once; pipelines and buffers stay there between tasks. */
export async function loadWgsl(load: WgslLoad): Promise<Runner> {
  const guest = await openDevice();
  const { device } = guest;
  const runner = await whileAlive(guest, () =>
    withErrorScopes(device, async () => {
      const overrun = new Overrun(device, load.limits.loopTurns);
      return new WgslRunner(device, load, await compilePasses(device, load, overrun.layout), overrun);
    }),
  );
  return {
    async run(task, onProgress) {
      const outputs = await whileAlive(guest, () => runner.run(task, onProgress));
      return { exit: { kind: 'ok' }, outputs };
    },
  };
}
