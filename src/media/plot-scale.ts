/** A straight map from a column's numbers to pixels, with round numbers to mark on it. */
export interface PlotScale {
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  toPixel(value: number): number;
}

/** Steps between ticks are one of these times a power of ten. */
const ROUND_STEPS = [1, 2, 5, 10];

/** Beyond this, differences of numbers are no longer finite. */
const MAX_DRAWN = 1e300;
/** Ranges narrower than this share of their numbers are noise of double precision; ticks cannot tell them apart. */
const MIN_RELATIVE_RANGE = 1e-12;
/** Ranges narrower than this have no tenth. */
const MIN_RANGE = 1e-300;

/** Can this number have a place on an axis? */
export function isDrawn(value: number): boolean {
  return Math.abs(value) <= MAX_DRAWN;
}

/** The least and greatest number that is drawn; [0, 1] when there is none, widened when they are (almost) one. */
export function extent(values: Float64Array): readonly [min: number, max: number] {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (!isDrawn(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return [0, 1];
  const size = Math.max(Math.abs(min), Math.abs(max));
  if (max - min > Math.max(MIN_RANGE, size * MIN_RELATIVE_RANGE)) return [min, max];
  const half = size > MIN_RANGE ? size / 2 : 0.5;
  return [min - half, max + half];
}

/** A scale from `[min, max]` to the pixels `[from, to]`, with about `wantedTicks` ticks inside. */
export function plotScale(
  [min, max]: readonly [number, number],
  [from, to]: readonly [number, number],
  wantedTicks: number,
): PlotScale {
  const power = 10 ** Math.floor(Math.log10((max - min) / wantedTicks));
  const step = power * ROUND_STEPS.find((round) => (max - min) / (round * power) <= wantedTicks)!;
  const digits = Math.max(0, -exponent(step));
  const ticks = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) {
    ticks.push({ value: i * step, label: tickLabel(i * step, step, digits) });
  }
  return { ticks, toPixel: (value) => from + ((value - min) / (max - min)) * (to - from) };
}

/** As many digits as tell a tick from the next one. */
function tickLabel(value: number, step: number, digits: number): string {
  const isZero = Math.abs(value) < step / 2;
  const isPlain = isZero || (Math.abs(value) < 1e7 && digits <= 6);
  const significant = Math.max(0, exponent(value) - exponent(step));
  const label = isPlain ? value.toFixed(isZero ? 0 : digits) : value.toExponential(significant);
  return label.replace(/^-0$/, '0').replace('-', '−').replace('e+', 'e');
}

/** Of the leading digit; the small addition keeps 1000 from being taken for 999.9…. */
function exponent(value: number): number {
  return Math.floor(Math.log10(Math.abs(value)) + 1e-9);
}
