import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { KilnError } from '../src/base/errors.ts';

/** How a relay process is started. */
export interface RelayProcessOptions {
  readonly keyFile?: string;
  readonly wsPort?: number;
  readonly webrtcPort?: number;
  /** More flags, as on the command line. */
  readonly flags?: readonly string[];
  /** More environment: where secrets belong. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A relay in a process of its own, as operators run it. */
export interface RelayProcess {
  readonly peer: string;
  readonly multiaddrs: readonly string[];
  readonly healthUrl: string;
  /** Ends it as an operator does. */
  stop(): Promise<void>;
  /** Ends it without a good-bye. */
  kill(): Promise<void>;
}

const MAIN = join(import.meta.dirname, 'main.ts');
const STOP_TIMEOUT_MS = 10_000;

/**
 * Runs `relay/main.ts` until it says where it listens. A process of its own, because libp2p's native WebRTC gives a UDP
 * port back only with its process, and may abort the whole process when it stops with tabs connected. Throws
 * `relay/not-started`.
 *
 * @example
 * const relay = await startRelayProcess({ keyFile });
 * await relay.stop();
 */
export async function startRelayProcess(options: RelayProcessOptions = {}): Promise<RelayProcess> {
  const args = ['--ws-port', `${options.wsPort ?? 0}`, '--webrtc-port', `${options.webrtcPort ?? 0}`];
  if (options.keyFile !== undefined) args.push('--key-file', options.keyFile);
  const child = spawn(process.execPath, [MAIN, ...args, ...(options.flags ?? [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
  });
  const orphan = () => void child.kill('SIGKILL');
  process.once('exit', orphan);
  const end = async (signal: NodeJS.Signals) => {
    process.off('exit', orphan);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    const timer = setTimeout(orphan, STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(timer);
  };
  const { multiaddrs, healthUrl } = await readAddresses(child);
  const peer = multiaddrs[0]?.split('/').at(-1);
  if (peer === undefined) {
    await end('SIGKILL');
    throw new KilnError('relay/not-started', 'The relay did not start.', {
      hint: 'Its own message stands above; most often a port is in use.',
    });
  }
  return { peer, multiaddrs, healthUrl, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

async function readAddresses(child: ChildProcess): Promise<{ multiaddrs: string[]; healthUrl: string }> {
  const multiaddrs: string[] = [];
  for await (const line of createInterface(child.stdout!)) {
    // The health address comes last.
    if (line.includes('/healthz')) return { multiaddrs, healthUrl: line.trim() };
    if (line.startsWith('  /')) multiaddrs.push(line.trim());
  }
  return { multiaddrs: [], healthUrl: '' };
}
