import type { Bytes } from '../../base/bytes.ts';
import { KilnError } from '../../base/errors.ts';
import type { Address } from '../../protocol/primitives.ts';
import {
  POOL_DOMAIN_NAME,
  POOL_DOMAIN_VERSION,
  type PoolDomain,
  typedDigest,
  typeHash,
} from './typed-data.ts';

/*
 * Orders: what somebody signs so that somebody else may send it to the pool. The fields are those of the contract's
 * structs, in its order; times are Unix seconds.
 */

/** Moves `amount` of the payer's tokens into its deposit. A `signer` of 0 authorises no session key. */
export interface DepositOrder {
  readonly payer: Address;
  readonly amount: bigint;
  readonly signer: Address;
  readonly cap: bigint;
  readonly expiry: number;
  /** The pool's `nonces(payer)`. */
  readonly nonce: bigint;
  readonly deadline: number;
}

/** Authorises a session key of the payer, or raises its cap or expiry. */
export interface AuthorizeOrder {
  readonly payer: Address;
  readonly signer: Address;
  readonly cap: bigint;
  readonly expiry: number;
  /** The pool's `nonces(payer)`. */
  readonly nonce: bigint;
  readonly deadline: number;
}

/** Sets money aside for all payees of a Merkle sum tree; signed by the session key. */
export interface AllocateOrder {
  readonly payer: Address;
  /** 32 bytes, `0x…`. */
  readonly root: `0x${string}`;
  readonly total: bigint;
  readonly until: number;
}

/** Takes `amount` out of a payee's credit, of which `fee` goes to whoever sends it. */
export interface PayoutOrder {
  readonly payee: Address;
  readonly to: Address;
  readonly amount: bigint;
  readonly fee: bigint;
  /** The pool's `nonces(payee)`. */
  readonly nonce: bigint;
  readonly deadline: number;
}

/** The orders by the names of their EIP-712 types. */
export interface Orders {
  readonly Deposit: DepositOrder;
  readonly AuthorizeSigner: AuthorizeOrder;
  readonly Allocate: AllocateOrder;
  readonly Payout: PayoutOrder;
}

/** Name of an order's EIP-712 type. */
export type OrderName = keyof Orders;

const address = (name: string) => ({ name, type: 'address' });
const amountOf = (name: string) => ({ name, type: 'uint128' });
const secondsOf = (name: string) => ({ name, type: 'uint40' });
const NONCE = { name: 'nonce', type: 'uint256' };

/** The EIP-712 fields of each order, as the contract's type hashes have them. */
const FIELDS: Readonly<Record<OrderName, readonly { readonly name: string; readonly type: string }[]>> = {
  Deposit: [
    address('payer'),
    amountOf('amount'),
    address('signer'),
    amountOf('cap'),
    secondsOf('expiry'),
    NONCE,
    secondsOf('deadline'),
  ],
  AuthorizeSigner: [
    address('payer'),
    address('signer'),
    amountOf('cap'),
    secondsOf('expiry'),
    NONCE,
    secondsOf('deadline'),
  ],
  Allocate: [address('payer'), { name: 'root', type: 'bytes32' }, amountOf('total'), secondsOf('until')],
  Payout: [
    address('payee'),
    address('to'),
    amountOf('amount'),
    amountOf('fee'),
    NONCE,
    secondsOf('deadline'),
  ],
};

/** Digits of what is no number. */
const HEX_DIGITS: Readonly<Record<string, number>> = { address: 40, bytes32: 64 };

const hashes = new Map<OrderName, Uint8Array>();

/**
 * The 32-byte digest that is signed. Throws `payment/bad-order` for a field that is missing or does not fit its type,
 * so an order from a stranger can be given as it came.
 *
 * @example
 * const digest = orderDigest({ chainId: 137, pool }, 'Payout', { payee, to, amount, fee, nonce, deadline });
 */
export function orderDigest<N extends OrderName>(domain: PoolDomain, name: N, order: Orders[N]): Bytes {
  const given = order as unknown as Readonly<Record<string, unknown>>;
  const words = FIELDS[name].map((field) => wordOf(name, field, given[field.name]));
  return typedDigest(domain, orderType(name), words);
}

/**
 * An order as a wallet's `signTypedData` and `eth_signTypedData_v4` want it.
 *
 * @example
 * const signature = await account.signTypedData(orderTypedData(domain, 'Deposit', order));
 */
export function orderTypedData<N extends OrderName>(
  { chainId, pool }: PoolDomain,
  name: N,
  order: Orders[N],
) {
  return {
    domain: {
      name: POOL_DOMAIN_NAME,
      version: POOL_DOMAIN_VERSION,
      chainId,
      verifyingContract: pool as Address,
    },
    types: { [name]: FIELDS[name] },
    primaryType: name as string,
    message: { ...order } as Record<string, unknown>,
  };
}

function orderType(name: OrderName): Uint8Array {
  const known = hashes.get(name);
  if (known !== undefined) return known;
  const fields = FIELDS[name].map((field) => `${field.type} ${field.name}`);
  const hash = typeHash(`${name}(${fields.join(',')})`);
  hashes.set(name, hash);
  return hash;
}

function wordOf(order: OrderName, field: { name: string; type: string }, value: unknown): string | bigint {
  const digits = HEX_DIGITS[field.type];
  if (digits !== undefined) {
    if (typeof value === 'string' && value.length === digits + 2 && /^0x[0-9a-f]+$/i.test(value))
      return value;
  } else {
    const number = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
    const bits = Number(field.type.slice('uint'.length));
    if (typeof number === 'bigint' && BigInt.asUintN(bits, number) === number) return number;
  }
  throw new KilnError('payment/bad-order', `The field ${field.name} of this order is no ${field.type}.`, {
    data: { order, field: field.name },
    hint: 'Refuse it, or make the order again.',
  });
}
