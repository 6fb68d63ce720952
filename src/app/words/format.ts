/** Smallest units in one whole token: GLM has 18 decimals. */
const TOKEN_DECIMALS = 18;
const ONE_TOKEN = 10n ** BigInt(TOKEN_DECIMALS);
/** More digits than this say nothing to a person. */
const SIGNIFICANT_DECIMALS = 4;
/** Below 10⁻⁹ of a token an amount is dust: it is shown as "less than". */
const MAX_SHOWN_DECIMALS = 9;
/** A price per unit is a price per second of reference work. */
const SECONDS_PER_HOUR = 3_600n;

const KIB = 1_024;
const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * A token amount for people, without its symbol: whole part grouped, at most four significant decimals, rounded half up.
 *
 * @example
 * formatGlm(1_234_567_800_000_000_000_000n); // "1,234.5678"
 */
export function formatGlm(amount: bigint): string {
  if (amount < 0n) return `−${formatGlm(-amount)}`;
  if (amount === 0n) return '0';
  const decimals = decimalsShown(amount);
  if (decimals > MAX_SHOWN_DECIMALS) return `< 0.${'0'.repeat(MAX_SHOWN_DECIMALS - 1)}1`;
  const step = 10n ** BigInt(TOKEN_DECIMALS - decimals);
  const rounded = (amount + step / 2n) / step;
  const scale = 10n ** BigInt(decimals);
  const whole = (rounded / scale).toLocaleString('en-US');
  const fraction = (rounded % scale).toString().padStart(decimals, '0').replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Four decimals from one token up; below, four after the leading zeros, as far as they are worth showing. */
function decimalsShown(amount: bigint): number {
  if (amount >= ONE_TOKEN) return SIGNIFICANT_DECIMALS;
  const leadingZeros = TOKEN_DECIMALS - amount.toString().length;
  if (leadingZeros >= MAX_SHOWN_DECIMALS) return leadingZeros + 1;
  return Math.min(leadingZeros + SIGNIFICANT_DECIMALS, MAX_SHOWN_DECIMALS);
}

/** Every digit of an amount, for tooltips and reports: `"0.000000000000000001"`. */
export function exactGlm(amount: bigint): string {
  const whole = amount / ONE_TOKEN;
  const fraction = (amount % ONE_TOKEN).toString().padStart(TOKEN_DECIMALS, '0').replace(/0+$/, '');
  return fraction === '' ? `${whole}` : `${whole}.${fraction}`;
}

/** The amount that a person typed, in smallest units; undefined when it is not a plain non-negative decimal. */
export function parseGlm(text: string): bigint | undefined {
  const match = /^(\d{1,12})(?:\.(\d{0,18}))?$/.exec(text.trim().replaceAll(',', ''));
  if (match === null) return undefined;
  return BigInt(match[1]!) * ONE_TOKEN + BigInt((match[2] ?? '').padEnd(TOKEN_DECIMALS, '0'));
}

/** Price of an hour of reference work, from a price per unit. */
export function hourlyPrice(pricePerUnit: bigint): bigint {
  return pricePerUnit * SECONDS_PER_HOUR;
}

/** Price per unit, from a price per hour of reference work; rounded up, so that a minimum stays one. */
export function unitPrice(pricePerHour: bigint): bigint {
  return (pricePerHour + SECONDS_PER_HOUR - 1n) / SECONDS_PER_HOUR;
}

/** A duration in its two largest units: `"1 h 05 min"`, `"42 s"`, `"380 ms"`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.max(0, durationMs);
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`;
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < MINUTE_MS) return `${Math.floor(ms / SECOND_MS)} s`;
  if (ms < HOUR_MS) return twoUnits(ms, MINUTE_MS, 'min', SECOND_MS, 's');
  if (ms < DAY_MS) return twoUnits(ms, HOUR_MS, 'h', MINUTE_MS, 'min');
  return twoUnits(ms, DAY_MS, 'd', HOUR_MS, 'h');
}

function twoUnits(ms: number, largeMs: number, large: string, smallMs: number, small: string): string {
  const rest = Math.floor((ms % largeMs) / smallMs);
  return `${Math.floor(ms / largeMs)} ${large} ${String(rest).padStart(2, '0')} ${small}`;
}

/** How long ago something was, in one unit: `"just now"`, `"3 min ago"`, `"2 d ago"`. */
export function formatAge(atMs: number, nowMs: number): string {
  const ageMs = nowMs - atMs;
  if (ageMs < 10 * SECOND_MS) return 'just now';
  if (ageMs < MINUTE_MS) return `${Math.floor(ageMs / SECOND_MS)} s ago`;
  if (ageMs < HOUR_MS) return `${Math.floor(ageMs / MINUTE_MS)} min ago`;
  if (ageMs < DAY_MS) return `${Math.floor(ageMs / HOUR_MS)} h ago`;
  return `${Math.floor(ageMs / DAY_MS)} d ago`;
}

/** A size in binary units with three digits: `"1.20 MiB"`. */
export function formatBytes(bytes: number): string {
  if (bytes < KIB) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes / KIB;
  let unit = 0;
  while (value >= KIB && unit < units.length - 1) {
    value /= KIB;
    unit++;
  }
  return `${value >= 100 ? Math.round(value) : value.toPrecision(3)} ${units[unit]!}`;
}

/** The tail of a peer id, which is what tells peers apart: all Ed25519 ids begin alike. */
export function shortPeer(peer: string): string {
  return peer.length <= 10 ? peer : `…${peer.slice(-8)}`;
}

/** Both ends of a CID, a transaction hash or an address. */
export function shortHash(text: string): string {
  return text.length <= 14 ? text : `${text.slice(0, 6)}…${text.slice(-4)}`;
}

/** What a product of a decimal fraction may fall short by. */
const ROUNDING = 1e-9;

/** A share between 0 and 1 as a whole percentage; never 100 % before it is complete. */
export function formatShare(share: number): string {
  // 0.57 × 100 is a little less than 57.
  const percent = Math.floor(Math.min(1, Math.max(0, share)) * 100 + ROUNDING);
  return `${percent} %`;
}

/** Scores are micro-units per second; the reference device does one unit per second. */
const REFERENCE_MICRO_UNITS_PER_SECOND = 1_000_000;

/** A measured speed in those of the reference device: `"1.54×"`, and of the slowest two digits: `"0.0034×"`. */
export function formatSpeed(microUnitsPerSecond: number): string {
  const speed = microUnitsPerSecond / REFERENCE_MICRO_UNITS_PER_SECOND;
  if (speed >= 0.1 || speed === 0) return `${speed.toFixed(2)}×`;
  return speed < 0.0001 ? 'under 0.0001×' : `${speed.toPrecision(2)}×`;
}

/** A count with grouped thousands. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}
