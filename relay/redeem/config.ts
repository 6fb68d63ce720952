import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import type { Hex } from 'viem';
import { privateKeyToAddress } from 'viem/accounts';
import { KilnError } from '../../src/base/errors.ts';
import { type Address, addressSchema } from '../../src/protocol/primitives.ts';
import type { ChainConfig } from '../../src/wallet/chain/chain.ts';

/** How redeeming for others is turned on; everything else has a default. */
export interface RedeemOptions {
  /** The network's `network.json`: its `chain` section says which pool. */
  readonly networkFile: string;
  /** Where accepted vouchers and the transaction on its way are kept. */
  readonly folder: string;
  /** Holds the private key of the account that pays for gas. @default the environment's KILN_REDEEM_KEY */
  readonly keyFile?: string;
  /** Least fee for each voucher and once for the payout, in the token's smallest unit. @default 0n: the operator pays */
  readonly fee?: bigint;
  /** The vouchers of one payee must be worth this many times their gas. @default 50n, or 1n with a fee */
  readonly worth?: bigint;
  /** Most that one unit of gas may cost, in wei. @default 500 gwei */
  readonly maxWeiPerGas?: bigint;
  /** Most gas of a day (UTC), in wei. @default 1 POL or 0.01 ETH; no bound with a fee */
  readonly maxWeiPerDay?: bigint;
  /** Time between two rounds, in milliseconds. @default 30 s */
  readonly roundMs?: number;
  /** A transaction that no block takes for this long is sent again with a higher fee. @default 120 s */
  readonly patienceMs?: number;
}

/** Settings that are secret: they come from the environment or a file, never from the command line. */
export interface RedeemSecrets {
  /** 32 bytes of hexadecimal. */
  readonly KILN_REDEEM_KEY?: string | undefined;
  /** Instead of the network file's `rpcUrl`: addresses of nodes often carry a key. */
  readonly KILN_REDEEM_RPC?: string | undefined;
}

const chainSchema = v.object({
  id: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  name: v.string(),
  rpcUrl: v.pipe(v.string(), v.startsWith('http')),
  tokensPerCoin: v.exactOptional(v.pipe(v.number(), v.finite(), v.minValue(0))),
  token: addressSchema,
  pool: addressSchema,
  tokenSymbol: v.string(),
});

/** The chain that a network file names. Throws `relay/bad-redeem-network`. */
export async function loadChain(networkFile: string, secrets: RedeemSecrets): Promise<ChainConfig> {
  try {
    const { chain } = v.parse(
      v.object({ chain: chainSchema }),
      JSON.parse(await readFile(networkFile, 'utf8')),
    );
    return {
      ...chain,
      rpcUrl: secrets.KILN_REDEEM_RPC ?? chain.rpcUrl,
      token: chain.token as Address,
      pool: chain.pool as Address,
      // A relay's account is filled by its operator.
      hasFaucet: false,
    };
  } catch (cause) {
    const path = cause instanceof v.ValiError ? v.getDotPath(cause.issues[0]) : undefined;
    throw new KilnError(
      'relay/bad-redeem-network',
      `The network file names no chain to redeem on${path ? `: ${path} is wrong` : ''}.`,
      {
        data: { networkFile },
        hint: 'Name the network.json that is served beside the app with --redeem-network.',
        cause,
      },
    );
  }
}

/** The key that pays for gas. Throws `relay/bad-redeem-key`, which never shows what was found. */
export async function loadKey(keyFile: string | undefined, secrets: RedeemSecrets): Promise<Hex> {
  let text = secrets.KILN_REDEEM_KEY ?? '';
  if (keyFile !== undefined) {
    text = await readFile(keyFile, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      throw badKey({ keyFile, why: cause.code ?? '' });
    });
  }
  const digits = text.trim().replace(/^0x/, '');
  const key: Hex = `0x${digits}`;
  try {
    if (!/^[0-9a-f]{64}$/i.test(digits)) throw new RangeError('not 32 bytes of hexadecimal');
    privateKeyToAddress(key);
  } catch {
    throw badKey(keyFile === undefined ? {} : { keyFile });
  }
  return key;
}

function badKey(data: Record<string, string>): KilnError {
  return new KilnError('relay/bad-redeem-key', 'There is no private key to pay for gas with.', {
    data,
    hint: 'Put 64 hexadecimal digits into a file that only this process can read and name it with --redeem-key-file, or into KILN_REDEEM_KEY.',
  });
}
