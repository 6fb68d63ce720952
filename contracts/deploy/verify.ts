import { type Hex, keccak256, type PublicClient, stringToHex } from 'viem';
import { toHex } from '../../src/base/bytes.ts';
import { KilnError } from '../../src/base/errors.ts';
import {
  domainSeparator,
  POOL_DOMAIN_NAME,
  POOL_DOMAIN_VERSION,
} from '../../src/payment/voucher/typed-data.ts';
import { type Address, isSameAddress } from '../../src/protocol/primitives.ts';
import { voucherPoolAbi } from '../../src/wallet/artifacts/voucher-pool.ts';
import { voucherPoolRuntime } from '../artifacts/voucher-pool-runtime.ts';

/** Code at an address, with zeros where its immutables go: an artifact of `node contracts/build.ts`. */
export interface Runtime {
  readonly code: Hex;
  readonly immutables: Readonly<Record<string, readonly number[]>>;
}

/** What a pool should be. */
export interface ExpectedPool {
  readonly chainId: number;
  readonly pool: Address;
  readonly token: Address;
  readonly thawSeconds: number;
  readonly depositCeiling: bigint;
}

const WORD_DIGITS = 64;

/**
 * Compares every byte at an address with what the compiler made, immutables filled in.
 * Throws `deploy/not-deployed` or `deploy/wrong-code`.
 */
export async function verifyCode(
  reader: PublicClient,
  address: Address,
  runtime: Runtime,
  values: Readonly<Record<string, Hex>> = {},
): Promise<void> {
  const code = await reader.getCode({ address });
  if (code === undefined || code === '0x') {
    throw new KilnError('deploy/not-deployed', 'There is no contract at this address.', {
      data: { address },
      hint: 'Deploy it, or look at the chain and the address again.',
    });
  }
  if (code === fill(runtime, values)) return;
  throw new KilnError(
    'deploy/wrong-code',
    'What is at this address is not the contract of this repository.',
    {
      data: { address },
      hint: 'Do not use it. Check out the version that was deployed, or deploy this one.',
    },
  );
}

/**
 * Checks a deployed pool byte by byte, then asks it for all that its constructor fixed.
 * Throws `deploy/not-deployed`, `deploy/wrong-code` or `deploy/wrong-answer`.
 *
 * @example
 * await verifyPool(reader, { chainId: 137, pool, token, thawSeconds: 86_400, depositCeiling });
 */
export async function verifyPool(reader: PublicClient, expected: ExpectedPool): Promise<void> {
  const { chainId, pool, token, thawSeconds, depositCeiling } = expected;
  const separator: Hex = `0x${toHex(domainSeparator({ chainId, pool }))}`;
  await verifyCode(reader, pool, voucherPoolRuntime, {
    token,
    THAW: hexOf(thawSeconds),
    DEPOSIT_CEILING: hexOf(depositCeiling),
    _cachedThis: pool,
    _cachedChainId: hexOf(chainId),
    _cachedDomainSeparator: separator,
    _hashedName: keccak256(stringToHex(POOL_DOMAIN_NAME)),
    _hashedVersion: keccak256(stringToHex(POOL_DOMAIN_VERSION)),
    _name: shortString(POOL_DOMAIN_NAME),
    _version: shortString(POOL_DOMAIN_VERSION),
  });
  // The code says it already; asking shows that this node runs it, and that our own digests meet its signatures.
  const ask = { address: pool, abi: voucherPoolAbi } as const;
  const answers = {
    token: await reader.readContract({ ...ask, functionName: 'token' }),
    THAW: await reader.readContract({ ...ask, functionName: 'THAW' }),
    DEPOSIT_CEILING: await reader.readContract({ ...ask, functionName: 'DEPOSIT_CEILING' }),
    domainSeparator: await reader.readContract({ ...ask, functionName: 'domainSeparator' }),
  };
  const wanted = {
    token,
    THAW: thawSeconds,
    DEPOSIT_CEILING: depositCeiling,
    domainSeparator: separator,
  };
  for (const [name, value] of Object.entries(wanted)) {
    const answer = String(answers[name as keyof typeof answers]);
    if (isSameAddress(answer, String(value))) continue;
    throw new KilnError('deploy/wrong-answer', `The pool answers ${name}() with ${answer}, not ${value}.`, {
      data: { pool },
      hint: 'Do not use this node or this pool.',
    });
  }
}

function fill({ code, immutables }: Runtime, values: Readonly<Record<string, Hex>>): Hex {
  let filled = code.slice(2);
  for (const [name, starts] of Object.entries(immutables)) {
    const value = values[name];
    if (value === undefined) throw new Error(`No value for the immutable ${name}.`);
    const word = value.slice(2).toLowerCase().padStart(WORD_DIGITS, '0');
    for (const start of starts)
      filled = filled.slice(0, 2 * start) + word + filled.slice(2 * start + WORD_DIGITS);
  }
  return `0x${filled}`;
}

function hexOf(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}

/** OpenZeppelin's ShortString: the text from the left, its length in the last byte. */
function shortString(text: string): Hex {
  const length = text.length.toString(16).padStart(2, '0');
  return `${stringToHex(text).padEnd(2 + WORD_DIGITS - 2, '0')}${length}` as Hex;
}
