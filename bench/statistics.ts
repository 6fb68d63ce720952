/** The value that this part (0 to 1) of all values stays below; NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? Number.NaN;
}

/** The middle value, the upper one of two; NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
