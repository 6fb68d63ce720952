/** Texts further apart than this are no misspelling of each other. */
const MAX_EDITS = 2;
/** Longer names are not compared: the work grows with the product of both lengths. */
const MAX_COMPARED_CHARS = 80;

/**
 * The known name that someone most likely meant: at most two letters added, dropped, changed or swapped (optimal string
 * alignment distance), and at most half of the name.
 *
 * @example
 * suggestName('comparater', ['comparator', 'policy']); // 'comparator'
 */
export function suggestName(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestEdits = Math.min(MAX_EDITS, Math.floor(name.length / 2)) + 1;
  for (const candidate of known) {
    if (Math.max(name.length, candidate.length) > MAX_COMPARED_CHARS) continue;
    const edits = editsBetween(name.toLowerCase(), candidate.toLowerCase());
    if (edits >= bestEdits) continue;
    bestEdits = edits;
    best = candidate;
  }
  return best;
}

/** A sentence part that lists names and says which one was likely meant; ends in a full stop. */
export function chooseFrom(name: string, known: readonly string[]): string {
  const likely = suggestName(name, known);
  const list = `Use one of: ${known.join(', ').slice(0, 300)}.`;
  return likely === undefined ? list : `Did you mean "${likely}"? ${list}`;
}

function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const isSame = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (isSame ? 0 : 1));
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}
