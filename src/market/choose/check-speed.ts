/** What a requestor saw of one provider of one job. */
export interface SeenWork {
  /** What its proposal claims, in micro-units per second and slot; absent when that was not kept. */
  readonly claimedMicroUnitsPerSecond?: number;
  readonly microUnitsPerTask: number;
  /** Results delivered since the first one came. */
  readonly tasks: number;
  /** Time since then in which it had work in hand, by the requestor's own clock. */
  readonly busyMs: number;
}

/** What follows from what was seen. */
export interface SpeedVerdict {
  /** Seen of the whole machine, in micro-units per second. */
  readonly microUnitsPerSecond: number;
  /** The claim is many times what was seen: the latter counts from now on. */
  readonly isOverstated: boolean;
  /** It stays far below what the job asks for, whatever it claims. */
  readonly isTooSlow: boolean;
  /** For people; absent when there is nothing to say. */
  readonly text?: string;
}

/** Nothing is judged before: first tasks wait for inputs, compilers and a pipe that fills slowly. */
const LEAST_TASKS = 10;
const LEAST_BUSY_MS = 30_000;
/**
 * A busy machine, or a tab in the background, is several times slower than its benchmark; the claim of one slot is held
 * against what all slots do together. Who is this many times slower still did not measure that.
 */
const OVERSTATED_FACTOR = 10;
/** A job that asks for a speed gets machines that reach a quarter of it at the least. */
const TOO_SLOW_FACTOR = 4;

/**
 * Holds a benchmark score against what a provider really does, by the requestor's clock and the work that it measured
 * itself: nothing in it is the provider's word. Undefined while too little was seen.
 *
 * @param neededMicroUnitsPerSecond the least speed that the job asks for, if it does
 */
export function checkSpeed(seen: SeenWork, neededMicroUnitsPerSecond?: number): SpeedVerdict | undefined {
  const { claimedMicroUnitsPerSecond: claimed, microUnitsPerTask, tasks, busyMs } = seen;
  if (tasks < LEAST_TASKS || busyMs < LEAST_BUSY_MS) return undefined;
  const microUnitsPerSecond = (tasks * microUnitsPerTask * 1_000) / busyMs;
  const isOverstated = claimed !== undefined && claimed > OVERSTATED_FACTOR * microUnitsPerSecond;
  const isTooSlow =
    neededMicroUnitsPerSecond !== undefined &&
    neededMicroUnitsPerSecond > TOO_SLOW_FACTOR * microUnitsPerSecond;
  const does = `it does ${times(microUnitsPerSecond)} the reference`;
  const text = isTooSlow
    ? `${does}, the job asks for ${times(neededMicroUnitsPerSecond)}`
    : isOverstated
      ? `${does}, its benchmark says ${times(claimed)}`
      : undefined;
  return { microUnitsPerSecond, isOverstated, isTooSlow, ...(text === undefined ? {} : { text }) };
}

/** "0.25 ×": a speed as a multiple of the reference. */
function times(microUnitsPerSecond: number): string {
  return `${Number((microUnitsPerSecond / 1e6).toPrecision(2))} ×`;
}
