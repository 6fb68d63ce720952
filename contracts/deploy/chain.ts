import {
  createPublicClient,
  createWalletClient,
  defineChain,
  type Hex,
  http,
  type PublicClient,
  type WalletClient,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { KilnError } from '../../src/base/errors.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { toChainError } from '../../src/wallet/chain/chain-error.ts';
import { nativeCoin } from '../../src/wallet/chain/chain.ts';
import { RPC_TIMEOUT_MS } from '../../src/wallet/constants.ts';
import {
  CREATE2_PROXY,
  CREATE2_PROXY_COST,
  CREATE2_PROXY_DEPLOYER,
  CREATE2_PROXY_TRANSACTION,
  create2Call,
  hasCreate2Proxy,
} from './create2.ts';
import type { Network } from './networks.ts';

/** A chain being deployed to; its id has been checked. */
export interface DeployChain {
  readonly reader: PublicClient;
  /** Deploys a contract by CREATE2 and waits until a block has it. */
  deploy(name: string, address: Address, initCode: Hex): Promise<void>;
  /** Gas that deploying takes. */
  estimate(name: string, initCode: Hex): Promise<bigint>;
  /** Is there a contract? */
  hasCode(address: Address): Promise<boolean>;
}

/** How often a node that lags behind the one that took the transaction is asked again, and after how long. */
const CODE_TRIES = 10;
const CODE_WAIT_MS = 1_000;
/** How often a pending transaction is looked up: anvil mines at once. */
const POLL_MS = 50;
const PUBLIC_POLL_MS = 1_000;

/**
 * Connects to a node and checks that it is the wanted chain; nothing is sent.
 * Throws `deploy/wrong-chain` or `wallet/chain-unreachable`.
 */
export async function openChain(network: Network, rpcUrl: string, deployerKey?: Hex): Promise<DeployChain> {
  const transport = http(rpcUrl, { timeout: RPC_TIMEOUT_MS });
  const reader = createPublicClient({ transport });
  await assertChain(network, reader);
  const account = deployerKey === undefined ? undefined : privateKeyToAccount(deployerKey);
  const writer = account && createWalletClient({ account, chain: chainOf(network, rpcUrl), transport });
  const isLocal = network.token === undefined;
  return {
    reader,
    hasCode: (address) => asked('look for the contract', () => hasCode(reader, address)),
    estimate: (name, initCode) =>
      asked(`estimate the cost of the ${name}`, async () => {
        const call = { data: create2Call(initCode), to: CREATE2_PROXY };
        // Where the proxy is yet to come, plain creation costs about the same.
        const tried = (await hasCreate2Proxy(reader)) ? call : { data: initCode };
        return reader.estimateGas({
          ...tried,
          ...(account === undefined ? {} : { account: account.address }),
        });
      }),
    deploy: (name, address, initCode) =>
      asked(`deploy the ${name}`, async () => {
        const sender = required(writer);
        if (!(await hasCreate2Proxy(reader))) await makeProxy(reader, sender, isLocal);
        const data = create2Call(initCode);
        await confirm(reader, await send(sender, { to: CREATE2_PROXY, data }), isLocal);
        for (let tries = 0; tries < CODE_TRIES && !(await hasCode(reader, address)); tries++)
          await new Promise((resolve) => setTimeout(resolve, CODE_WAIT_MS));
      }),
  };
}

async function assertChain({ chainId, title }: Network, reader: PublicClient): Promise<void> {
  const id = await asked('read the chain id', () => reader.getChainId());
  if (id === chainId) return;
  throw new KilnError('deploy/wrong-chain', `This node is on chain ${id}, not on ${title} (${chainId}).`, {
    data: { chainId: id, wanted: chainId },
    hint: `Name a node of ${title} with --rpc, or another --network.`,
  });
}

/** Signatures are for this chain and no other, whatever the node says later. */
function chainOf({ chainId, title }: Network, rpcUrl: string) {
  const rpcUrls = { default: { http: [rpcUrl] } };
  return defineChain({ id: chainId, name: title, nativeCurrency: nativeCoin(chainId), rpcUrls });
}

async function makeProxy(reader: PublicClient, sender: WalletClient, isLocal: boolean): Promise<void> {
  if (!isLocal) {
    throw new KilnError('deploy/no-proxy', 'This chain has no CREATE2 proxy yet.', {
      data: { address: CREATE2_PROXY },
      hint: 'Look at the chain in an explorer; https://github.com/Arachnid/deterministic-deployment-proxy says how to add it.',
    });
  }
  await confirm(reader, await send(sender, { to: CREATE2_PROXY_DEPLOYER, value: CREATE2_PROXY_COST }), true);
  await confirm(
    reader,
    await reader.sendRawTransaction({ serializedTransaction: CREATE2_PROXY_TRANSACTION }),
    true,
  );
}

function send(sender: WalletClient, call: { to: Address; data?: Hex; value?: bigint }): Promise<Hex> {
  return sender.sendTransaction({ account: sender.account!, chain: sender.chain, ...call });
}

async function confirm(reader: PublicClient, hash: Hex, isLocal: boolean): Promise<void> {
  const pollingInterval = isLocal ? POLL_MS : PUBLIC_POLL_MS;
  const { status } = await reader.waitForTransactionReceipt({ hash, pollingInterval });
  if (status === 'success') return;
  throw new KilnError('deploy/undone', 'The chain undid the transaction.', {
    data: { transaction: hash },
    hint: 'Run this again: what is there already is not deployed twice.',
  });
}

function required(writer: WalletClient | undefined): WalletClient {
  if (writer !== undefined) return writer;
  throw new KilnError('deploy/no-key', 'Deploying needs the key of an account that pays for it.', {
    hint: 'Set KILN_DEPLOYER_KEY in the environment, or name a keystore file with --keystore.',
  });
}

async function hasCode(reader: PublicClient, address: Address): Promise<boolean> {
  return ((await reader.getCode({ address })) ?? '0x') !== '0x';
}

async function asked<T>(action: string, job: () => Promise<T>): Promise<T> {
  try {
    return await job();
  } catch (thrown) {
    throw toChainError(thrown, action);
  }
}
