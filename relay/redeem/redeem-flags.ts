import { parseGlm } from '../../src/payment/costs/price.ts';
import { badFlag } from '../bad-flag.ts';
import type { RedeemOptions } from './config.ts';

const text = { type: 'string' } as const;

/** The flags of redeeming, for `parseArgs`. */
export const REDEEM_FLAGS = {
  'redeem-network': text,
  'redeem-folder': text,
  'redeem-key-file': text,
  'redeem-fee': text,
  'redeem-worth': text,
  'redeem-max-gwei': text,
  'redeem-coins-per-day': text,
  'redeem-every': text,
  'redeem-patience': text,
} as const;

type Values = { readonly [flag in keyof typeof REDEEM_FLAGS]?: string };

/** Coins and GLM have 18 decimals; a gwei has 9 fewer. */
const WEI_PER_GWEI_DIGITS = 10n ** 9n;

/** What the flags of redeeming mean; undefined when there are none. Throws `relay/bad-flag`. */
export function parseRedeemFlags(values: Values): RedeemOptions | undefined {
  const networkFile = values['redeem-network'];
  const folder = values['redeem-folder'];
  if (networkFile === undefined || folder === undefined) {
    const [stray] = Object.keys(REDEEM_FLAGS).filter((flag) => flag in values);
    if (stray === undefined) return undefined;
    const missing = networkFile === undefined ? '--redeem-network' : '--redeem-folder';
    throw badFlag(`--${stray} needs ${missing} too.`);
  }
  const keyFile = values['redeem-key-file'];
  const fee = amount('redeem-fee', values);
  const worth = whole('redeem-worth', values);
  const gwei = amount('redeem-max-gwei', values);
  const coins = amount('redeem-coins-per-day', values);
  const seconds = whole('redeem-every', values);
  const patience = whole('redeem-patience', values);
  return {
    networkFile,
    folder,
    ...(keyFile === undefined ? {} : { keyFile }),
    ...(fee === undefined ? {} : { fee }),
    ...(worth === undefined ? {} : { worth: BigInt(worth) }),
    ...(gwei === undefined ? {} : { maxWeiPerGas: gwei / WEI_PER_GWEI_DIGITS }),
    ...(coins === undefined ? {} : { maxWeiPerDay: coins }),
    ...(seconds === undefined ? {} : { roundMs: seconds * 1_000 }),
    ...(patience === undefined ? {} : { patienceMs: patience * 1_000 }),
  };
}

/** A decimal number with up to 18 digits behind the point, times 10^18. */
function amount(flag: keyof Values, values: Values): bigint | undefined {
  const given = values[flag];
  if (given === undefined) return undefined;
  try {
    return parseGlm(given);
  } catch (cause) {
    throw badFlag(`--${flag} takes a number such as 0.05, not "${given}".`, cause);
  }
}

function whole(flag: keyof Values, values: Values): number | undefined {
  const given = values[flag];
  if (given === undefined) return undefined;
  if (/^\d{1,6}$/.test(given) && Number(given) > 0) return Number(given);
  throw badFlag(`--${flag} takes a whole number above 0, not "${given}".`);
}
