import { getTypesForEIP712Domain, type Hex, serializeTypedData } from 'viem';
import { KilnError } from '../../base/errors.ts';
import { systemClock } from '../../base/time.ts';
import { type Address, isSameAddress } from '../../protocol/primitives.ts';
import { Turns, type TypedDataRequest, type WalletAccount } from './account.ts';
import { toChainError } from '../chain/chain-error.ts';
import { type ChainConfig, nativeCoin } from '../chain/chain.ts';
import { canSendTogether, sendTogether } from './send-calls.ts';

/** The part of EIP-1193 that is used. */
export interface Eip1193 {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
  on?(event: string, listener: (value: unknown) => void): void;
  removeListener?(event: string, listener: (value: unknown) => void): void;
}

/** A wallet with the name that its window shows. */
interface NamedProvider {
  readonly name: string;
  readonly provider: Eip1193;
}

/** An account of an injected wallet. */
export interface InjectedAccount extends WalletAccount {
  readonly kind: 'injected';
  /** Can it send now? Asks the wallet without a question to the person. */
  status(): Promise<InjectedStatus>;
  /** Asks the person to let the wallet switch to the configured chain; throws `wallet/wrong-chain`. */
  switchChain(): Promise<void>;
  /** Calls back when the person picks another account or chain in the wallet; the result stops it. */
  onChanged(listener: () => void): () => void;
}

/** What stands between an injected account and its next transaction. */
export type InjectedStatus =
  | { readonly kind: 'ready' }
  | { readonly kind: 'wrong-chain'; readonly chainId: number }
  /** The person chose another account in the wallet. */
  | { readonly kind: 'other-account'; readonly address: Address }
  /** The wallet is locked, or no longer lets this page see an account. */
  | { readonly kind: 'disconnected' };

/** EIP-3326: the wallet does not know this chain. */
const CHAIN_UNKNOWN = 4902;
/** 65 bytes of a plain account; a contract's account (ERC-1271) gives what it likes, within reason. */
const MIN_SIGNATURE_DIGITS = 130;
const MAX_SIGNATURE_DIGITS = 16_384;

/**
 * Asks an injected wallet for its account, on whatever chain the wallet is; sending brings it to the configured one.
 * Throws `wallet/user-rejected`, `wallet/no-account` and others of {@link toChainError}.
 *
 * @example
 * const account = await connectInjected(wallet, config);
 */
export async function connectInjected(wallet: NamedProvider, config: ChainConfig): Promise<InjectedAccount> {
  const address = await asked('connect the account', async () =>
    firstAccount(await wallet.provider.request({ method: 'eth_requestAccounts' })),
  );
  return injectedAccount(wallet, address, config);
}

/**
 * The account of an injected wallet that lets this page see it already, without a question to the person; undefined when
 * it does not.
 */
export async function reconnectInjected(
  wallet: NamedProvider,
  config: ChainConfig,
): Promise<InjectedAccount | undefined> {
  try {
    const accounts = await wallet.provider.request({ method: 'eth_accounts' });
    return injectedAccount(wallet, firstAccount(accounts), config);
  } catch {
    return undefined;
  }
}

function injectedAccount(
  { name, provider }: NamedProvider,
  address: Address,
  config: ChainConfig,
): InjectedAccount {
  const turns = new Turns();
  return {
    kind: 'injected',
    name,
    address,
    send: ({ to, data, action }) =>
      turns.take(async () => {
        await assertAccount(provider, address);
        await bringToChain(provider, config);
        return asked(action, async () => {
          const hash = await provider.request({
            method: 'eth_sendTransaction',
            params: [{ from: address, to, data }],
          });
          return transactionHash(hash);
        });
      }),
    signTypedData: (request, action) =>
      turns.take(async () => {
        await assertAccount(provider, address);
        // A wallet refuses to sign for another chain than the one it shows.
        await bringToChain(provider, config);
        return asked(action, async () => {
          const params = [address, typedDataText(request)];
          return signatureOf(await provider.request({ method: 'eth_signTypedData_v4', params }));
        });
      }),
    sendTogether: (calls, signal) =>
      turns.take(async () => {
        await assertAccount(provider, address);
        await bringToChain(provider, config);
        if (!(await canSendTogether(provider, address, config.id))) return undefined;
        const action = calls.map((call) => call.action).join(' and ');
        return asked(action, () => sendTogether(provider, address, config.id, calls, systemClock, signal));
      }),
    status: () => statusOf(provider, address, config.id),
    switchChain: () => bringToChain(provider, config),
    onChanged(listener) {
      const onAny = () => listener();
      const events = ['accountsChanged', 'chainChanged', 'disconnect'];
      for (const event of events) provider.on?.(event, onAny);
      return () => events.forEach((event) => provider.removeListener?.(event, onAny));
    },
  };
}

async function statusOf(provider: Eip1193, address: Address, chainId: number): Promise<InjectedStatus> {
  try {
    const accounts: unknown = await provider.request({ method: 'eth_accounts' });
    if (!Array.isArray(accounts) || accounts.length === 0) return { kind: 'disconnected' };
    if (!accounts.some((other) => isSameAddress(String(other), address)))
      return { kind: 'other-account', address: firstAccount(accounts) };
    const current = await currentChain(provider);
    return current === chainId ? { kind: 'ready' } : { kind: 'wrong-chain', chainId: current };
  } catch {
    return { kind: 'disconnected' };
  }
}

async function assertAccount(provider: Eip1193, address: Address): Promise<void> {
  const accounts = await asked('read the account', () => provider.request({ method: 'eth_accounts' }));
  const isThere = Array.isArray(accounts) && accounts.some((other) => isSameAddress(String(other), address));
  if (isThere) return;
  throw new KilnError('wallet/account-changed', 'The wallet now shows another account.', {
    data: { address },
    hint: 'Pick the first account again in your wallet, or connect the new one here.',
  });
}

/** Switches the wallet's chain, offering to add it where it is unknown. */
async function bringToChain(provider: Eip1193, config: ChainConfig): Promise<void> {
  if ((await currentChain(provider)) === config.id) return;
  const chainId: Hex = `0x${config.id.toString(16)}`;
  try {
    await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId }] });
  } catch (thrown) {
    if (!isUnknownChain(thrown)) throw wrongChain(config, thrown);
    try {
      await provider.request({
        method: 'wallet_addEthereumChain',
        params: [chainParameters(config, chainId)],
      });
    } catch (refused) {
      throw wrongChain(config, refused);
    }
  }
  if ((await currentChain(provider)) !== config.id) throw wrongChain(config);
}

function chainParameters(config: ChainConfig, chainId: Hex) {
  return {
    chainId,
    chainName: config.name,
    nativeCurrency: nativeCoin(config.id),
    rpcUrls: [config.rpcUrl],
    ...(config.explorerUrl === undefined ? {} : { blockExplorerUrls: [config.explorerUrl] }),
  };
}

async function currentChain(provider: Eip1193): Promise<number> {
  return asked('read the chain', async () => Number(await provider.request({ method: 'eth_chainId' })));
}

function wrongChain(config: ChainConfig, cause?: unknown): KilnError {
  return new KilnError('wallet/wrong-chain', `The wallet is not on ${config.name}.`, {
    data: { chainId: config.id },
    cause,
    hint: `Switch your wallet to ${config.name} (chain ${config.id}) and try again; the Wallet page says what to enter there.`,
  });
}

/** MetaMask's mobile app hides the code one level deeper. */
function isUnknownChain(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false;
  if ('code' in thrown && thrown.code === CHAIN_UNKNOWN) return true;
  const data: unknown = 'data' in thrown ? thrown.data : undefined;
  if (typeof data !== 'object' || data === null || !('originalError' in data)) return false;
  return isUnknownChain(data.originalError);
}

function firstAccount(accounts: unknown): Address {
  const first: unknown = Array.isArray(accounts) ? accounts[0] : undefined;
  if (typeof first === 'string' && /^0x[0-9a-f]{40}$/i.test(first)) return first as Address;
  throw new KilnError('wallet/no-account', 'The wallet offered no account.', {
    hint: 'Unlock your wallet, or make an account in it.',
  });
}

function transactionHash(value: unknown): Hex {
  if (typeof value === 'string' && /^0x[0-9a-f]{64}$/i.test(value)) return value as Hex;
  throw new KilnError('wallet/bad-answer', 'The wallet answered with something that is not a transaction.', {
    hint: 'Look into the wallet whether it sent anything before trying again.',
  });
}

/** EIP-712 as `eth_signTypedData_v4` wants it: JSON, the type of the domain included. */
function typedDataText({ domain, types, primaryType, message }: TypedDataRequest): string {
  const all: TypedDataRequest['types'] = { EIP712Domain: getTypesForEIP712Domain({ domain }), ...types };
  return serializeTypedData({ domain, types: all, primaryType, message });
}

function signatureOf(value: unknown): Hex {
  const digits = typeof value === 'string' ? value.length - 2 : 0;
  const isSized = digits >= MIN_SIGNATURE_DIGITS && digits <= MAX_SIGNATURE_DIGITS && digits % 2 === 0;
  if (isSized && /^0x[0-9a-f]+$/i.test(value as string)) return value as Hex;
  throw new KilnError('wallet/bad-answer', 'The wallet answered with something that is not a signature.', {
    hint: 'Try again, or use another wallet.',
  });
}

async function asked<T>(action: string, job: () => Promise<T>): Promise<T> {
  try {
    return await job();
  } catch (thrown) {
    throw toChainError(thrown, action);
  }
}
