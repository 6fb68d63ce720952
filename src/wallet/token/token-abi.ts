/*
 * What some tokens have beside ERC-20. Written out: viem's parser of human-readable ABIs would be larger than they are.
 */

const address = (name: string) => ({ name, type: 'address' }) as const;
const uint256 = (name: string) => ({ name, type: 'uint256' }) as const;
const bytes32 = (name: string) => ({ name, type: 'bytes32' }) as const;
const V = { name: 'v', type: 'uint8' } as const;

/** DAI's permit, as GLM on Ethereum has it. */
export const DAI_PERMIT_ABI = [
  {
    type: 'function',
    name: 'permit',
    stateMutability: 'nonpayable',
    inputs: [
      address('holder'),
      address('spender'),
      uint256('nonce'),
      uint256('expiry'),
      { name: 'allowed', type: 'bool' },
      V,
      bytes32('r'),
      bytes32('s'),
    ],
    outputs: [],
  },
] as const;

/** ERC-2612. */
export const PERMIT_ABI = [
  {
    type: 'function',
    name: 'permit',
    stateMutability: 'nonpayable',
    inputs: [
      address('owner'),
      address('spender'),
      uint256('value'),
      uint256('deadline'),
      V,
      bytes32('r'),
      bytes32('s'),
    ],
    outputs: [],
  },
] as const;

/** Polygon's meta-transactions, as GLM on Polygon has them. */
export const META_TRANSACTION_ABI = [
  {
    type: 'function',
    name: 'executeMetaTransaction',
    stateMutability: 'payable',
    inputs: [
      address('userAddress'),
      { name: 'functionSignature', type: 'bytes' },
      bytes32('sigR'),
      bytes32('sigS'),
      { name: 'sigV', type: 'uint8' },
    ],
    outputs: [{ name: '', type: 'bytes' }],
  },
] as const;

const view = <const N extends string, const I, const O>(name: N, inputs: I, outputs: O) =>
  ({ type: 'function', name, stateMutability: 'view', inputs, outputs }) as const;

/** Questions that tell what a token can; the spelling of the third is Polygon's. */
export const TOKEN_QUESTIONS_ABI = [
  view('name', [], [{ name: '', type: 'string' }]),
  view('version', [], [{ name: '', type: 'string' }]),
  view('getDomainSeperator', [], [bytes32('')]),
  view('DOMAIN_SEPARATOR', [], [bytes32('')]),
  view('nonces', [address('owner')], [uint256('')]),
  view('getNonce', [address('user')], [uint256('')]),
  view(
    'eip712Domain',
    [],
    [
      { name: 'fields', type: 'bytes1' },
      { name: 'name', type: 'string' },
      { name: 'version', type: 'string' },
      uint256('chainId'),
      address('verifyingContract'),
      bytes32('salt'),
      { name: 'extensions', type: 'uint256[]' },
    ],
  ),
] as const;
