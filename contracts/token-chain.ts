import {
  createTestClient,
  createWalletClient,
  erc20Abi,
  type Hex,
  http,
  publicActions,
  walletActions,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { systemClock } from '../src/base/time.ts';
import type { Address } from '../src/protocol/primitives.ts';
import { testGlmAbi, testGlmBytecode } from '../src/wallet/artifacts/test-glm.ts';
import { type ChainConfig, viemChain } from '../src/wallet/chain/chain.ts';
import {
  type EmbeddedRecord,
  type EmbeddedWallet,
  openEmbeddedWallet,
} from '../src/wallet/account/embedded-wallet.ts';
import { PoolReader } from '../src/wallet/pool/pool-reader.ts';
import { openKeySealer } from '../src/wallet/account/sealed-key.ts';
import { startAnvil } from './anvil.ts';
import { testMainnetGlmAbi, testMainnetGlmBytecode } from './artifacts/test-mainnet-glm.ts';
import { testPermitGlmAbi, testPermitGlmBytecode } from './artifacts/test-permit-glm.ts';
import { deployPool } from './deploy/deploy-pool.ts';
import { NETWORKS } from './deploy/networks.ts';
import { LOCAL_DEPLOYER_KEY } from './deploy/test-token.ts';
import { memoryCollection } from './local-chain.ts';

/** Tokens that tests can put a pool on. */
const DOUBLES = {
  ethereum: { abi: testMainnetGlmAbi, bytecode: testMainnetGlmBytecode },
  polygon: { abi: testGlmAbi, bytecode: testGlmBytecode },
  permit: { abi: testPermitGlmAbi, bytecode: testPermitGlmBytecode },
} as const;

/** A token that behaves like GLM on a chain, or like none of them (`permit`). */
export type TokenDouble = keyof typeof DOUBLES;

const SUPPLY = 10n ** 27n;
const GAS_WEI = 10n ** 18n;

/** A real chain with one of the doubles and a pool for it; nobody gets gas by itself. */
export interface TokenChain extends AsyncDisposable {
  readonly config: ChainConfig;
  readonly reader: PoolReader;
  /** A new account with tokens, and with native coin only if wished. */
  newAccount(tokens: bigint, hasGas?: boolean): Promise<EmbeddedWallet>;
  /** Puts raw code at an address, the token's unless told otherwise. */
  setCode(code: Hex, address?: Address): Promise<void>;
  /** The chain's newest second. */
  now(): Promise<number>;
}

/** Starts anvil under any chain id and deploys a double and its pool. */
export async function startTokenChain(double: TokenDouble, chainId = 31_337): Promise<TokenChain> {
  const anvil = await startAnvil({ chainId });
  const transport = http(anvil.rpcUrl);
  const client = createTestClient({ mode: 'anvil', transport }).extend(publicActions).extend(walletActions);
  const deployer = privateKeyToAccount(LOCAL_DEPLOYER_KEY);
  const writer = createWalletClient({ account: deployer, transport });
  const confirm = (hash: Hex) => client.waitForTransactionReceipt({ hash, pollingInterval: 20 });

  const args = [deployer.address, SUPPLY] as const;
  const { contractAddress } = await confirm(
    await writer.deployContract({ ...DOUBLES[double], args, chain: null } as never),
  );
  const token = contractAddress as Address;
  const network = { ...NETWORKS.local, chainId, token };
  const { pool } = await deployPool({ network, rpcUrl: anvil.rpcUrl, deployerKey: LOCAL_DEPLOYER_KEY });
  const config: ChainConfig = {
    id: chainId,
    name: 'Token chain',
    rpcUrl: anvil.rpcUrl,
    token,
    pool,
    tokenSymbol: 'GLM',
    hasFaucet: false,
  };
  return {
    config,
    reader: new PoolReader(config, systemClock),
    async newAccount(tokens, hasGas = false) {
      const sealer = await openKeySealer(memoryCollection<CryptoKey>());
      const records = memoryCollection<EmbeddedRecord>();
      const wallet = await openEmbeddedWallet({ config, records, sealer, nowMs: Date.now() });
      const transfer = { address: token, abi: erc20Abi, functionName: 'transfer' } as const;
      if (tokens > 0n) {
        const chain = viemChain(config);
        await confirm(await writer.writeContract({ ...transfer, args: [wallet.address, tokens], chain }));
      }
      if (hasGas) await client.setBalance({ address: wallet.address, value: GAS_WEI });
      return wallet;
    },
    setCode: (bytecode, address = token) => client.setCode({ address, bytecode }),
    now: async () => Number((await client.getBlock()).timestamp),
    [Symbol.asyncDispose]: () => anvil.stop(),
  };
}
