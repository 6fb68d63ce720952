import { createSocket } from 'node:dgram';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startAnvil } from '../contracts/anvil.ts';
import { deployLocal } from '../contracts/deploy/local.ts';
import { startRelayProcess } from '../relay/relay-process.ts';
import { Scope } from '../src/base/scope.ts';
import type { NetworkConfig } from '../src/kiln/kiln.ts';
import type { Address } from '../src/protocol/primitives.ts';
import { DIST } from './build.ts';
import { readPorts, writePorts } from './local-state.ts';
import { serve } from './serve.ts';

/** Options of {@link startStack}. */
export interface StackOptions {
  /** Keeps the chain, the relay's identity and all ports between runs. @default nothing is kept, all ports are free ones */
  readonly stateDirectory?: string;
  /** TCP port of the app; the next free one is taken when it is in use. @default 0, a free one */
  readonly appPort?: number;
  /** The built app. @default dist/ */
  readonly directory?: string;
  /** Called with what happens, in words. */
  readonly onStep?: (step: string) => void;
}

/** A local chain with the contracts, a relay and the built app, on loopback. */
export interface Stack extends AsyncDisposable {
  /** Where the app is. */
  readonly url: string;
  readonly config: NetworkConfig;
  readonly healthUrl: string;
}

/** Ports tried after the wished one. */
const PORTS_TO_TRY = 50;

/**
 * Starts everything that a tab needs. The app must have been built (`buildApp`).
 *
 * @example
 * await buildApp();
 * await using stack = await startStack();
 * await page.goto(stack.url);
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { stateDirectory, onStep } = options;
  const scope = new Scope();
  try {
    if (stateDirectory !== undefined) mkdirSync(stateDirectory, { recursive: true });
    const known = stateDirectory === undefined ? {} : readPorts(stateDirectory);

    onStep?.('Starting a local chain');
    const anvil = await startAnvil({
      port: await portOr0(known.rpc),
      ...(stateDirectory === undefined ? {} : { stateFile: join(stateDirectory, 'chain.json') }),
    });
    scope.add(() => anvil.stop());
    onStep?.('Deploying test GLM and the voucher pool');
    const { chainId, token, pool } = await deployLocal(anvil.rpcUrl);

    onStep?.('Starting a relay');
    const relay = await startRelayProcess({
      wsPort: await portOr0(known.relayWs),
      webrtcPort: await portOr0(known.relayWebrtc, isUdpFree),
      ...(stateDirectory === undefined ? {} : { keyFile: join(stateDirectory, 'relay-keys.json') }),
    });
    scope.add(() => relay.stop());

    const config: NetworkConfig = {
      relays: relay.multiaddrs,
      chain: {
        id: chainId,
        name: 'Local test chain',
        rpcUrl: anvil.rpcUrl,
        token: token as Address,
        pool: pool as Address,
        tokenSymbol: 'tGLM',
        hasFaucet: true,
      },
    };
    onStep?.('Serving the app');
    const server = await serve({
      directory: options.directory ?? DIST,
      extra: { 'network.json': JSON.stringify(config, null, 2) },
      port: await nextFreePort(options.appPort ?? 0),
    });
    scope.add(() => server[Symbol.asyncDispose]());

    if (stateDirectory !== undefined) {
      writePorts(stateDirectory, {
        rpc: Number(new URL(anvil.rpcUrl).port),
        relayWs: portIn(relay.multiaddrs, 'tcp'),
        relayWebrtc: portIn(relay.multiaddrs, 'udp'),
      });
    }
    return {
      url: server.url,
      config,
      healthUrl: relay.healthUrl,
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]();
    throw error;
  }
}

function portIn(multiaddrs: readonly string[], transport: 'tcp' | 'udp'): number {
  const match = multiaddrs.map((address) => new RegExp(`/${transport}/(\\d+)`).exec(address)).find(Boolean);
  return Number(match?.[1] ?? 0);
}

/** The remembered port if nobody else has taken it, else 0. */
async function portOr0(port: number | undefined, isAvailable = isFree): Promise<number> {
  return port !== undefined && (await isAvailable(port)) ? port : 0;
}

/** The first free port from the wished one on; 0 stays 0. */
export async function nextFreePort(wished: number): Promise<number> {
  if (wished === 0) return 0;
  for (let port = wished; port < wished + PORTS_TO_TRY && port <= 65_535; port++) {
    if (await isFree(port)) return port;
  }
  throw new Error(`No port from ${wished} on is free. Name another one with --port.`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

function isUdpFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createSocket('udp4');
    probe.once('error', () => {
      probe.close();
      resolve(false);
    });
    probe.bind(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
