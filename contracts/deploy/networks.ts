import type { Address } from '../../src/protocol/primitives.ts';
import { KilnError } from '../../src/base/errors.ts';

/** A chain that the pool can be deployed to. */
export interface Network {
  /** EIP-155 chain id; a node that says another one is refused. */
  readonly chainId: number;
  /** As people call it. */
  readonly title: string;
  /** GLM there; absent where a test token is deployed along with the pool. */
  readonly token?: Address;
  readonly tokenSymbol: string;
  /** Seconds between `thaw` and `withdraw`. */
  readonly thawSeconds: number;
  /** Most that one payer may hold in the pool, in the token's smallest unit. */
  readonly depositCeiling: bigint;
  readonly explorerUrl?: string;
  readonly hasFaucet: boolean;
}

/** Name of a network, as `--network` takes it. */
export type NetworkName = 'local' | 'amoy' | 'hoodi' | 'polygon';

const DAY_SECONDS = 86_400;
const GLM = 10n ** 18n;

/** What is deployed where. The constructor's arguments are part of the address: to change one is to deploy anew. */
export const NETWORKS: Readonly<Record<NetworkName, Network>> = {
  local: {
    chainId: 31_337,
    title: 'Local test chain',
    tokenSymbol: 'tGLM',
    // Long enough to see a thaw, short enough to wait for it (design: payments).
    thawSeconds: 60,
    depositCeiling: 1_000_000n * GLM,
    hasFaucet: true,
  },
  amoy: {
    chainId: 80_002,
    title: 'Polygon Amoy',
    token: '0x2b60e60d3fb0b36a7ccb388f9e71570da4c4594f',
    tokenSymbol: 'tGLM',
    thawSeconds: DAY_SECONDS,
    // Test money: only large enough to be no obstacle.
    depositCeiling: 100_000n * GLM,
    explorerUrl: 'https://amoy.polygonscan.com',
    hasFaucet: false,
  },
  hoodi: {
    chainId: 560_048,
    title: 'Hoodi',
    token: '0x55555555555556AcFf9C332Ed151758858bd7a26',
    tokenSymbol: 'tGLM',
    thawSeconds: DAY_SECONDS,
    depositCeiling: 100_000n * GLM,
    explorerUrl: 'https://hoodi.etherscan.io',
    hasFaucet: false,
  },
  polygon: {
    chainId: 137,
    title: 'Polygon',
    token: '0x0B220b82F3eA3B7F6d9A1D8ab58930C064A2b5Bf',
    tokenSymbol: 'GLM',
    thawSeconds: DAY_SECONDS,
    // Real money in an unaudited contract: enough for jobs of many hours, little enough to lose.
    depositCeiling: 1_000n * GLM,
    explorerUrl: 'https://polygonscan.com',
    hasFaucet: false,
  },
};

/** The network of that name; throws `deploy/unknown-network`. */
export function networkOf(name: string): Network {
  if (Object.hasOwn(NETWORKS, name)) return NETWORKS[name as NetworkName];
  throw new KilnError('deploy/unknown-network', `There is no network "${name.slice(0, 40)}".`, {
    hint: `Name one of: ${Object.keys(NETWORKS).join(', ')}.`,
  });
}
