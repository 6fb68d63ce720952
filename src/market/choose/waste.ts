/**
 * How a provider can waste a job's time: it lets the time of a lease run out, commits to results and does not show them,
 * hands in what no verifier can judge, leaves with work in hand, or has given up so often that its agreement ended.
 */
export type WasteKind = 'late' | 'unopened' | 'unjudged' | 'left' | 'failed';

/** What one provider made of its leases in one job. Plain data. */
export interface WasteCount {
  /** Leases of which something came. */
  readonly useful: number;
  /** Leases that were wasted, and those of them since the last useful one. */
  readonly wasted: number;
  readonly row: number;
  /** Separate stalls: a lease that was in hand when another one was wasted belongs to the same. */
  readonly stalls: number;
  readonly rowStalls: number;
  /** Results since the last useful lease that the job's verifier could not judge. */
  readonly unjudged: number;
  /** When the last one was wasted, in milliseconds. */
  readonly lastAtMs: number;
  /** Tasks wasted (times, of `left` and `failed`), for words. */
  readonly tasks: Readonly<Partial<Record<WasteKind, number>>>;
}

/** Leases wasted in a row after which a provider is put aside: one may be bad luck, two a bad moment. */
const MAX_WASTED_ROW = 3;
/** With results in between it is put aside when more than half of its leases, of this many at least, were wasted. */
const LEAST_JUDGED_LEASES = 4;
/** Either needs so many separate stalls: a machine that froze once loses all that it has in hand at once. */
const LEAST_STALLS = 2;
/** Results in a row that the job's verifier can make nothing of: each may have cost as long as the verifier is given. */
const MAX_UNJUDGED_ROW = 2;

/** Nothing is known yet. */
export const NO_WASTE: WasteCount = {
  useful: 0,
  wasted: 0,
  row: 0,
  stalls: 0,
  rowStalls: 0,
  unjudged: 0,
  lastAtMs: Number.NEGATIVE_INFINITY,
  tasks: {},
};

/** The count after a lease of which something came: every row begins anew. */
export function addUseful(count: WasteCount): WasteCount {
  return { ...count, useful: count.useful + 1, row: 0, rowStalls: 0, unjudged: 0 };
}

/** The count after a lease was wasted, with so many tasks in it. Times in milliseconds. */
export function addWasted(
  count: WasteCount,
  { kind, tasks, leasedAtMs, nowMs }: { kind: WasteKind; tasks: number; leasedAtMs: number; nowMs: number },
): WasteCount {
  const isNewStall = leasedAtMs >= count.lastAtMs ? 1 : 0;
  return {
    ...count,
    wasted: count.wasted + 1,
    row: count.row + 1,
    stalls: count.stalls + isNewStall,
    rowStalls: count.rowStalls + isNewStall,
    unjudged: count.unjudged + (kind === 'unjudged' ? 1 : 0),
    lastAtMs: nowMs,
    tasks: { ...count.tasks, [kind]: (count.tasks[kind] ?? 0) + tasks },
  };
}

/**
 * Does this provider waste the job's time again and again? Slowness is no waste: the time of a lease follows the pace that
 * was measured. A provider that is cut off, or was reloaded, wastes none either; its leases are not counted here.
 *
 * @example
 * if (isWasteful(count)) putAside(peer, wasteText(count));
 */
export function isWasteful({ useful, wasted, row, stalls, rowStalls, unjudged }: WasteCount): boolean {
  if (unjudged >= MAX_UNJUDGED_ROW) return true;
  if (row >= MAX_WASTED_ROW && rowStalls >= LEAST_STALLS) return true;
  return useful + wasted >= LEAST_JUDGED_LEASES && wasted > useful && stalls >= LEAST_STALLS;
}

/** What it did, for people: "it let the time of 3 tasks run out". */
export function wasteText({ tasks }: WasteCount): string {
  const { late = 0, unopened = 0, unjudged = 0, left = 0, failed = 0 } = tasks;
  const said = [
    late > 0 ? `let the time of ${some(late, 'task')} run out` : '',
    unopened > 0 ? `committed to ${some(unopened, 'result')} that it did not show` : '',
    unjudged > 0 ? `handed in ${some(unjudged, 'result')} that the verifier could make nothing of` : '',
    left > 0 ? `left ${some(left, 'time')} with work in hand` : '',
    failed > 0 ? `failed too often ${some(failed, 'time')}` : '',
  ].filter((part) => part !== '');
  return `it ${said.join(', ')}`;
}

function some(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
