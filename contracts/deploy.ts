/**
 * Deploys test GLM and the voucher pool to a local chain.
 *
 * `node contracts/deploy.ts RPC_URL` prints the deployment as one JSON object.
 */
import {
  type Address,
  createPublicClient,
  createWalletClient,
  defineChain,
  getContractAddress,
  type Hex,
  http,
  type PublicClient,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { testGlmAbi, testGlmBytecode } from '../src/wallet/artifacts/test-glm.ts';
import { voucherPoolAbi, voucherPoolBytecode } from '../src/wallet/artifacts/voucher-pool.ts';

/** The first account of anvil's public test mnemonic: worthless by construction, on local chains only. */
const DEPLOYER_KEY: Hex = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';
/** 60 s: long enough to see a thaw, short enough to wait for it (design: payments). */
const LOCAL_THAW_SECONDS = 60;
/** One million GLM per payer. */
const LOCAL_DEPOSIT_CEILING = 1_000_000n * 10n ** 18n;
/** Ten million test GLM for the deployer; everybody else uses the faucet. */
const LOCAL_SUPPLY = 10_000_000n * 10n ** 18n;

/** Where the contracts of a local chain are. */
export interface Deployment {
  readonly chainId: number;
  readonly token: Address;
  readonly pool: Address;
}

/** Options of {@link deployLocal}. */
export interface DeployOptions {
  /** Seconds of thaw. @default 60 */
  readonly thawSeconds?: number;
}

/**
 * Deploys TestGLM and VoucherPool from anvil's first account. On a chain that has them already (kept by anvil's
 * state file) it deploys nothing and returns their addresses.
 *
 * @example
 * const { chainId, token, pool } = await deployLocal('http://127.0.0.1:8545');
 */
export async function deployLocal(rpcUrl: string, options: DeployOptions = {}): Promise<Deployment> {
  const reader = createPublicClient({ transport: http(rpcUrl) });
  const chainId = await reader.getChainId();
  const account = privateKeyToAccount(DEPLOYER_KEY);
  const chain = defineChain({
    id: chainId,
    name: 'local',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const writer = createWalletClient({ account, chain, transport: http(rpcUrl) });
  const confirm = async (hash: Hex) => {
    const receipt = await reader.waitForTransactionReceipt({ hash, pollingInterval: 50 });
    if (receipt.status !== 'success') throw new Error(`Deployment ${hash} failed.`);
  };

  // The deployer's first two transactions: the addresses are known before, and tell whether they have happened.
  const token = getContractAddress({ from: account.address, nonce: 0n });
  const pool = getContractAddress({ from: account.address, nonce: 1n });
  const nonce = await reader.getTransactionCount({ address: account.address });
  if (nonce === 0) {
    const args = [account.address, LOCAL_SUPPLY] as const;
    await confirm(await writer.deployContract({ abi: testGlmAbi, bytecode: testGlmBytecode, args }));
    const poolArgs = [token, options.thawSeconds ?? LOCAL_THAW_SECONDS, LOCAL_DEPOSIT_CEILING] as const;
    await confirm(
      await writer.deployContract({ abi: voucherPoolAbi, bytecode: voucherPoolBytecode, args: poolArgs }),
    );
  }
  await assertDeployed(reader, token, pool);
  return { chainId, token, pool };
}

async function assertDeployed(reader: PublicClient, token: Address, pool: Address): Promise<void> {
  const known = await reader
    .readContract({ address: pool, abi: voucherPoolAbi, functionName: 'token' })
    .catch(() => '');
  if (known !== token) {
    throw new Error(
      'This chain was used for something else, or its state file is from an older contract. Start it afresh.',
    );
  }
}

if (import.meta.main) {
  const rpcUrl = process.argv[2];
  if (rpcUrl === undefined) {
    console.error('Usage: node contracts/deploy.ts RPC_URL');
    process.exitCode = 1;
  } else {
    console.log(JSON.stringify(await deployLocal(rpcUrl)));
  }
}
