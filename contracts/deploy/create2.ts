import { concatHex, getContractAddress, type Hex, keccak256, type PublicClient, stringToHex } from 'viem';
import { KilnError } from '../../src/base/errors.ts';
import type { Address } from '../../src/protocol/primitives.ts';

/** Everybody's CREATE2 proxy: the same address on all chains (https://github.com/Arachnid/deterministic-deployment-proxy). */
export const CREATE2_PROXY: Address = '0x4e59b44847b379578588920cA78FbF26c0B4956C';

/** The proxy's whole code. */
export const CREATE2_PROXY_CODE: Hex =
  '0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf3';

/** The transaction that makes the proxy; nobody has its sender's key, which follows from the made-up signature. */
export const CREATE2_PROXY_TRANSACTION: Hex =
  '0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222';

/** Who sends {@link CREATE2_PROXY_TRANSACTION}. */
export const CREATE2_PROXY_DEPLOYER: Address = '0x3fAB184622Dc19b6109349B94811493BF2a45362';

/** Its gas limit of 100,000 at its price of 100 gwei, in wei. */
export const CREATE2_PROXY_COST = 10_000_000_000_000_000n;

/** The version of the contracts, as in the EIP-712 domain; another version has another address even with equal code. */
const SALT = keccak256(stringToHex('kiln/voucher-pool/1'));

/** Where a contract will be: the same on every chain for the same code and constructor arguments (EIP-1014). */
export function create2Address(initCode: Hex): Address {
  return getContractAddress({ opcode: 'CREATE2', from: CREATE2_PROXY, salt: SALT, bytecode: initCode });
}

/** What is sent to the proxy to deploy. */
export function create2Call(initCode: Hex): Hex {
  return concatHex([SALT, initCode]);
}

/** Is the proxy there? Throws `deploy/wrong-proxy` when something else is at its address. */
export async function hasCreate2Proxy(reader: PublicClient): Promise<boolean> {
  const code = await reader.getCode({ address: CREATE2_PROXY });
  if (code === undefined || code === '0x') return false;
  if (code === CREATE2_PROXY_CODE) return true;
  throw new KilnError('deploy/wrong-proxy', 'Another contract sits at the address of the CREATE2 proxy.', {
    data: { address: CREATE2_PROXY },
    hint: 'Do not deploy through this node: it is not the chain that it says.',
  });
}
