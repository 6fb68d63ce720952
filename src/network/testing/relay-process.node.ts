import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../relay/main.ts', import.meta.url));

/** A relay in its own process, as operators run it. */
export interface RelayProcess {
  readonly peer: string;
  readonly multiaddrs: readonly string[];
  readonly healthUrl: string;
  /** Ends it without a good-bye. */
  kill(): Promise<void>;
}

/** Runs `relay/main.ts` and waits for its addresses. */
export async function startRelayProcess(
  flags: { keyFile?: string; wsPort?: number; webrtcPort?: number } = {},
): Promise<RelayProcess> {
  const args = ['--ws-port', `${flags.wsPort ?? 0}`, '--webrtc-port', `${flags.webrtcPort ?? 0}`];
  if (flags.keyFile !== undefined) args.push('--key-file', flags.keyFile);
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const multiaddrs: string[] = [];
  let healthUrl = '';
  for await (const line of createInterface(child.stdout)) {
    if (line.includes('/healthz')) {
      healthUrl = line.trim();
      break;
    }
    if (line.startsWith('  /')) multiaddrs.push(line.trim());
  }
  if (multiaddrs.length === 0) throw new Error('The relay did not start.');
  return {
    peer: multiaddrs[0]!.split('/').at(-1)!,
    multiaddrs,
    healthUrl,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
