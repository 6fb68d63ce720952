/** The best-placed provider answers within this; enough to spread a handful of equals. */
export const MIN_ANSWER_WINDOW_MS = 150;
/** The worst-placed one answers within this: long enough that seats fill before it, short against a demand's life. */
export const MAX_ANSWER_WINDOW_MS = 2_000;

/**
 * How long a provider waits before it answers a demand, or undefined when it should not answer because the seats are
 * filled. `rank` (0 to 1) is how well it would do; the window shrinks as it grows, so a popular demand draws its best
 * answers first. `random` is one number in [0, 1).
 */
export function answerDelayMs(
  seats: { readonly total: number; readonly filled: number },
  rank: number,
  random: number,
): number | undefined {
  if (seats.filled >= seats.total) return undefined;
  const share = 1 - Math.min(1, Math.max(0, rank));
  return random * (MIN_ANSWER_WINDOW_MS + share * (MAX_ANSWER_WINDOW_MS - MIN_ANSWER_WINDOW_MS));
}
