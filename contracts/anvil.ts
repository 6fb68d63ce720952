/** Starts and stops a local chain (anvil, from npm). Development and tests only. */
import { type ChildProcess, spawn } from 'node:child_process';
import { foundryBinary } from './foundry-binary.ts';

/** How long anvil may take until it listens; it takes 0.2 s on a quiet machine. */
const START_TIMEOUT_MS = 20_000;
/** How long anvil may take to write its state and end, before it is killed. */
const STOP_TIMEOUT_MS = 5_000;

/** Options of {@link startAnvil}. */
export interface AnvilOptions {
  /** TCP port on 127.0.0.1; 0 lets the system choose. @default 0 */
  readonly port?: number;
  /** File that keeps the chain between runs; loaded if it exists, written on `stop`. @default none */
  readonly stateFile?: string;
  /** EIP-155 chain id. @default 31337 */
  readonly chainId?: number;
  /** Seconds between blocks, beside the one that each transaction makes at once. @default no empty blocks */
  readonly blockSeconds?: number;
}

/** A running local chain. */
export interface Anvil extends AsyncDisposable {
  readonly rpcUrl: string;
  readonly chainId: number;
  /** Ends the process, its state written; resolves when it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts anvil and resolves once it answers.
 *
 * @example
 * const chain = await startAnvil();
 * const deployment = await deployLocal(chain.rpcUrl);
 * await chain.stop();
 */
export async function startAnvil(options: AnvilOptions = {}): Promise<Anvil> {
  const chainId = options.chainId ?? 31_337;
  const flags = ['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--chain-id', String(chainId)];
  if (options.stateFile !== undefined) flags.push('--state', options.stateFile);
  if (options.blockSeconds !== undefined)
    flags.push('--block-time', String(options.blockSeconds), '--mixed-mining');

  const child = spawn(foundryBinary('anvil'), flags, { stdio: ['ignore', 'pipe', 'pipe'] });
  const killWithParent = () => child.kill('SIGKILL');
  process.once('exit', killWithParent);
  const stop = async () => {
    process.removeListener('exit', killWithParent);
    await end(child);
  };
  try {
    const rpcUrl = `http://127.0.0.1:${await listeningPort(child)}`;
    return { rpcUrl, chainId, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let log = '';
    const fail = (why: string) => {
      clearTimeout(timer);
      reject(new Error(`anvil did not start: ${why}. ${log.slice(-500)}`));
    };
    const timer = setTimeout(() => fail(`no answer within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`it ended with code ${code}`));
    const read = (chunk: Buffer) => {
      if (log.length > 20_000) return;
      log += chunk.toString();
      const match = /Listening on 127\.0\.0\.1:(\d+)/.exec(log);
      if (match === null) return;
      clearTimeout(timer);
      child.removeAllListeners('exit');
      resolve(Number(match[1]));
    };
    child.stdout!.on('data', read);
    child.stderr!.on('data', read);
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await gone;
  clearTimeout(timer);
}
