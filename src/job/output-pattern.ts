/**
 * Does an output of a WASI job name this path? It may be a pattern: `*` stands for any part of one name, never for a
 * slash.
 *
 * @example
 * matchesOutput('frames/*.png', 'frames/0001.png'); // true
 */
export function matchesOutput(pattern: string, path: string): boolean {
  const [patterns, names] = [pattern.split('/'), path.split('/')];
  return patterns.length === names.length && patterns.every((part, i) => matchesName(part, names[i]!));
}

/**
 * Does a pattern match one name? In time of length times length at worst: on a mismatch only the last `*` takes one
 * character more, because an earlier one could gain nothing by it.
 */
export function matchesName(pattern: string, name: string): boolean {
  let [p, n] = [0, 0];
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = n;
    } else if (pattern[p] === name[n]) {
      p++;
      n++;
    } else if (star !== -1) {
      p = star + 1;
      n = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
