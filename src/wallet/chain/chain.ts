import { type Chain, createPublicClient, defineChain, erc20Abi, http, type PublicClient } from 'viem';
import type { Address } from '../../protocol/primitives.ts';
import { testGlmAbi } from '../artifacts/test-glm.ts';
import { voucherPoolAbi } from '../artifacts/voucher-pool.ts';
import { RPC_TIMEOUT_MS } from '../constants.ts';

/** Which chain, token and pool a wallet works with: the `chain` part of `network.json`. */
export interface ChainConfig {
  readonly id: number;
  readonly name: string;
  readonly rpcUrl: string;
  /** A second node, of another operator: providers believe what both say. @default one node is believed */
  readonly secondRpcUrl?: string;
  /** What one native coin is worth, in whole tokens; decides when redeeming is worth its gas. @default a rough table */
  readonly tokensPerCoin?: number;
  readonly token: Address;
  readonly pool: Address;
  readonly tokenSymbol: string;
  readonly explorerUrl?: string;
  /** A local or test chain that hands out test tokens. */
  readonly hasFaucet: boolean;
}

/** The config as viem wants it. */
export function viemChain(config: ChainConfig): Chain {
  return defineChain({
    id: config.id,
    name: config.name,
    nativeCurrency: nativeCoin(config.id),
    rpcUrls: { default: { http: [config.rpcUrl] } },
    ...(config.explorerUrl === undefined
      ? {}
      : { blockExplorers: { default: { name: 'Explorer', url: config.explorerUrl } } }),
  });
}

/** Polygon and its test chain pay gas in POL; a wallet that is asked to add a chain compares the symbol. */
const POL_CHAINS: readonly number[] = [137, 80_002];

/** The coin that pays for gas, as EIP-3085 wants it. */
export function nativeCoin(chainId: number) {
  const symbol = POL_CHAINS.includes(chainId) ? 'POL' : 'ETH';
  return { name: symbol, symbol, decimals: 18 } as const;
}

/** Reads a chain over HTTP, at the given node. */
export function createReader(config: ChainConfig, rpcUrl = config.rpcUrl): PublicClient {
  return createPublicClient({
    chain: viemChain(config),
    transport: http(rpcUrl, { timeout: RPC_TIMEOUT_MS, retryCount: 2 }),
    // A contract could make this page fetch any address by an answer of ERC-3668.
    ccipRead: false,
  });
}

/** The token's own errors, which the pool passes on unchanged. */
const TOKEN_ERRORS = testGlmAbi.filter((entry) => entry.type === 'error');

/** The pool's functions and events, with the errors of the token behind it. */
export const POOL_ABI = [...voucherPoolAbi, ...TOKEN_ERRORS] as const;

/** What every token has, with the errors that OpenZeppelin tokens give. */
export const TOKEN_ABI = [...erc20Abi, ...TOKEN_ERRORS] as const;
