import { domainSeparator, encodeFunctionData, numberToHex, type TypedDataDomain } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { KilnError } from '../../base/errors.ts';
import { isSameAddress } from '../../protocol/primitives.ts';
import { toChainError } from '../chain/chain-error.ts';
import type { PoolReader } from '../pool/pool-reader.ts';
import { type Approval, approvalCall, type ApprovalKind, approvalTypedData } from './token-approval.ts';
import { askToken, readApprovalNonce, tryCall } from './token-questions.ts';

/**
 * Ways of approving by signature that a token was seen to have, each with the domain that it signs in. A token with
 * none is plain ERC-20.
 */
export type TokenAbilities = Readonly<Partial<Record<ApprovalKind, TypedDataDomain>>>;

const KINDS: readonly ApprovalKind[] = ['dai-permit', 'permit', 'meta-transaction'];
/** Far enough for a trial: the last second that fits 40 bits. */
const TRIAL_DEADLINE = 2 ** 40 - 1;
/** What nearly every token has in its domain, and Polygon's tokens do not tell. */
const USUAL_VERSION = '1';
/** Bits of ERC-5267's `fields`. */
const NAME = 1;
const VERSION = 2;
const CHAIN_ID = 4;
const CONTRACT = 8;
const SALT = 16;

const known = new WeakMap<PoolReader, Promise<TokenAbilities>>();

/**
 * Finds out what the configured token can, whatever chain it is on: computes its EIP-712 domain and compares it with
 * what the token says, then tries an approval that a new key signed, and one that another key forged. Only a token that
 * takes the first and refuses the second can it: some accept any call and do nothing. Nothing is sent; asked once per
 * reader. Throws `wallet/no-token` or `wallet/chain-unreachable`.
 *
 * @example
 * const domain = (await tokenAbilities(reader))['dai-permit'];
 */
export function tokenAbilities(reader: PoolReader): Promise<TokenAbilities> {
  const asked = known.get(reader) ?? probe(reader);
  known.set(reader, asked);
  // A failed question is asked again.
  asked.catch(() => known.delete(reader));
  return asked;
}

async function probe(reader: PoolReader): Promise<TokenAbilities> {
  await assertCode(reader);
  const [domains, separator, polygonSeparator] = await Promise.all([
    possibleDomains(reader),
    askToken(reader, 'DOMAIN_SEPARATOR'),
    askToken(reader, 'getDomainSeperator'),
  ]);
  const trials = KINDS.map(async (kind) => {
    const told = kind === 'meta-transaction' ? polygonSeparator : separator;
    const domain = domains.find((one) => domainSeparator({ domain: one }) === told);
    return domain !== undefined && (await takesSignatures(reader, kind, domain)) ? [[kind, domain]] : [];
  });
  return Object.fromEntries((await Promise.all(trials)).flat()) as TokenAbilities;
}

async function assertCode({ client, config }: PoolReader): Promise<void> {
  const code = await client.getCode({ address: config.token }).catch((thrown: unknown) => {
    throw toChainError(thrown, 'look for the token');
  });
  if (code !== undefined && code !== '0x') return;
  throw new KilnError('wallet/no-token', 'There is no token at the configured address.', {
    data: { token: config.token },
    hint: 'Correct the chain section of network.json.',
  });
}

/** Domains of this token on this chain and of nothing else, whatever the token says; in all usual forms. */
async function possibleDomains(reader: PoolReader): Promise<TypedDataDomain[]> {
  const { id: chainId, token: verifyingContract } = reader.config;
  const [name, version, own] = await Promise.all([
    askToken(reader, 'name'),
    askToken(reader, 'version'),
    askToken(reader, 'eip712Domain'),
  ]);
  const salt = numberToHex(chainId, { size: 32 });
  const domains: TypedDataDomain[] = [];
  if (name !== undefined) {
    for (const one of new Set([version ?? USUAL_VERSION, USUAL_VERSION])) {
      domains.push({ name, version: one, chainId, verifyingContract });
      domains.push({ name, version: one, verifyingContract, salt });
    }
  }
  if (own === undefined) return domains;
  // ERC-5267: a token that tells its domain in full.
  const [bits, ownName, ownVersion, ownChain, ownContract, ownSalt, extensions] = own;
  const fields = Number(bits);
  const isHere = (fields & CHAIN_ID) !== 0 ? ownChain === BigInt(chainId) : ownSalt === salt;
  if ((fields & CONTRACT) === 0 || !isSameAddress(ownContract, verifyingContract)) return domains;
  if (!isHere || extensions.length > 0) return domains;
  domains.push({
    ...((fields & NAME) === 0 ? {} : { name: ownName }),
    ...((fields & VERSION) === 0 ? {} : { version: ownVersion }),
    ...((fields & CHAIN_ID) === 0 ? {} : { chainId }),
    verifyingContract,
    ...((fields & SALT) === 0 ? {} : { salt: ownSalt }),
  });
  return domains;
}

async function takesSignatures(
  reader: PoolReader,
  kind: ApprovalKind,
  domain: TypedDataDomain,
): Promise<boolean> {
  const { pool, token } = reader.config;
  const owner = privateKeyToAccount(generatePrivateKey());
  const stranger = privateKeyToAccount(generatePrivateKey());
  const nonce = await readApprovalNonce(reader, kind, owner.address);
  if (nonce !== 0n) return false;
  const approval: Approval = {
    kind,
    owner: owner.address,
    spender: pool,
    value: 1n,
    nonce,
    deadline: TRIAL_DEADLINE,
  };
  const typedData = { ...approvalTypedData(domain, approval) };
  const tryWith = async (signer: typeof owner) => {
    const signature = await signer.signTypedData(typedData);
    return tryCall(reader, encodeFunctionData(approvalCall(token, { ...approval, signature })));
  };
  const [good, forged] = await Promise.all([tryWith(owner), tryWith(stranger)]);
  return good !== undefined && forged === undefined;
}
