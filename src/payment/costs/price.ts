import { KilnError } from '../../base/errors.ts';
import { LEASE_TARGET_MS, MICRO_UNITS_PER_UNIT } from '../../protocol/constants.ts';

/** GLM has 18 decimals on every chain. */
export const GLM_DECIMALS = 18;
/** The smallest units of one GLM. */
export const GLM = 10n ** BigInt(GLM_DECIMALS);
/** Leases that a provider risks without cover unless it says otherwise (design: payments). */
export const DEFAULT_CREDIT_LEASES = 3;

/**
 * Price of one verified task in the token's smallest unit, rounded down; both sides compute the same.
 *
 * @param pricePerUnit price of one unit of work, in the token's smallest unit
 * @param microUnitsPerTask work of one task, in millionths of a unit
 */
export function taskPrice(pricePerUnit: bigint, microUnitsPerTask: number): bigint {
  return (pricePerUnit * BigInt(microUnitsPerTask)) / MICRO_UNITS_PER_UNIT;
}

/**
 * What a provider risks without cover: three leases by default, each a second of all its slots but at least one task
 * per slot.
 */
export function defaultCreditLimit(offer: {
  readonly pricePerUnit: bigint;
  readonly microUnitsPerSecond: number;
  readonly microUnitsPerTask: number;
  readonly slots: number;
  /** @default 3 */
  readonly leases?: number;
}): bigint {
  const perLease = Math.max((offer.microUnitsPerSecond * LEASE_TARGET_MS) / 1_000, offer.microUnitsPerTask);
  const microUnits = Math.ceil(perLease * offer.slots * (offer.leases ?? DEFAULT_CREDIT_LEASES));
  return taskPrice(offer.pricePerUnit, microUnits);
}

/**
 * An amount as a person writes it, to the token's smallest unit.
 * Throws `payment/bad-amount` naming what is wrong.
 *
 * @example
 * parseGlm('2.5 GLM'); // 2500000000000000000n
 */
export function parseGlm(text: string): bigint {
  const match = /^\s*(\d{1,20})(?:\.(\d+))?\s*(?:t?glm)?\s*$/i.exec(text);
  if (match === null) {
    throw new KilnError('payment/bad-amount', `"${text.slice(0, 40)}" is not an amount of GLM.`, {
      hint: 'Write a number with a point, such as 2.5 or 2.5 GLM.',
    });
  }
  const fraction = match[2] ?? '';
  if (fraction.length > GLM_DECIMALS) {
    throw new KilnError('payment/bad-amount', 'GLM has at most 18 decimals.', {
      data: { decimals: fraction.length },
      hint: 'Leave out the digits after the 18th.',
    });
  }
  return BigInt(match[1]!) * GLM + BigInt(fraction.padEnd(GLM_DECIMALS, '0'));
}

/**
 * An amount for people: "2.5 GLM".
 *
 * @param options.digits significant decimals kept after leading zeros, rounded down; @default all
 * @param options.symbol @default "GLM"
 */
export function formatGlm(
  amount: bigint,
  options: { readonly digits?: number; readonly symbol?: string } = {},
): string {
  const magnitude = amount < 0n ? -amount : amount;
  const whole = magnitude / GLM;
  let fraction = (magnitude % GLM).toString().padStart(GLM_DECIMALS, '0');
  if (options.digits !== undefined) {
    const zeros = whole === 0n ? (/^0*/.exec(fraction)?.[0].length ?? 0) : 0;
    fraction = fraction.slice(0, zeros + options.digits);
  }
  fraction = fraction.replace(/0+$/, '');
  const number = `${amount < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
  return `${number} ${options.symbol ?? 'GLM'}`;
}
