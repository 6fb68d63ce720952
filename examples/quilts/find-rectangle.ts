/**
 * Four patches of one colour at the corners of an upright rectangle, as `[top, left, bottom, right]`; undefined when there
 * are none. For tests: it tries them all.
 *
 * @example
 * findRectangle(['010', '101', '010']); // [0, 0, 2, 2]
 */
export function findRectangle(rows: readonly string[]): readonly number[] | undefined {
  for (const [top, upper] of rows.entries()) {
    for (let bottom = top + 1; bottom < rows.length; bottom++) {
      for (let left = 0; left < upper.length; left++) {
        for (let right = left + 1; right < upper.length; right++) {
          const colors = [upper[left], upper[right], rows[bottom]![left], rows[bottom]![right]];
          if (new Set(colors).size === 1) return [top, left, bottom, right];
        }
      }
    }
  }
  return undefined;
}
