/** A straight map from a column's numbers to pixels, with round numbers to mark on it. */
export interface PlotScale {
  readonly ticks: readonly { readonly value: number; readonly label: string }[];
  toPixel(value: number): number;
}

/** Steps between ticks are one of these times a power of ten. */
const ROUND_STEPS = [1, 2, 5, 10];

/** The least and greatest finite number; [0, 1] when there is none, widened when both are one. */
export function extent(values: Float64Array): readonly [min: number, max: number] {
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (min > max) return [0, 1];
  if (min < max) return [min, max];
  const half = Math.abs(min) / 2 || 0.5;
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
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let i = Math.ceil(min / step - 1e-9); i * step <= max + step * 1e-9; i++) {
    ticks.push({ value: i * step, label: tickLabel(i * step, step, digits) });
  }
  return { ticks, toPixel: (value) => from + ((value - min) / (max - min)) * (to - from) };
}

function tickLabel(value: number, step: number, digits: number): string {
  const isPlain = Math.abs(value) < 1e6 && digits <= 6;
  const label = isPlain ? value.toFixed(digits) : value.toExponential(Math.abs(value) < step / 2 ? 0 : 2);
  return label.replace('-', '−');
}
