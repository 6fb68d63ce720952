/*
 * Sarmenta, "Sabotage-tolerance mechanisms for volunteer computing systems" (2001). `assumedFaultShare` is f, the
 * assumed share of faulty workers; `checks` is k, the spot checks a worker has passed.
 */

/** Probability that a worker's result is right: 1 − f/k, or 1 − f/(1−f)·1/(k·e) when cheats are blacklisted; 1 − f before any check. */
export function workerCredibility(
  checks: number,
  assumedFaultShare: number,
  isBlacklisting: boolean,
): number {
  const f = assumedFaultShare;
  if (checks < 1) return 1 - f;
  if (!isBlacklisting) return Math.max(0, 1 - f / checks);
  return Math.max(1 - f, 1 - f / ((1 - f) * checks * Math.E));
}

/**
 * Credibility of each group of agreeing results of one task, in the order given. A group is the credibilities of its
 * members; groups are non-empty. P(a good)·∏ᵢ≠ₐ P(i bad) / (∏ⱼ P(j bad) + Σⱼ P(j good)·∏ᵢ≠ⱼ P(i bad)), with
 * P(good) the product of the members' credibilities and P(bad) the product of their complements.
 */
export function groupCredibilities(groups: readonly (readonly number[])[]): number[] {
  const good = groups.map((members) => members.reduce((product, cr) => product * cr, 1));
  const bad = groups.map((members) => members.reduce((product, cr) => product * (1 - cr), 1));
  const onlyGood = groups.map((_, a) =>
    bad.reduce((product, p, i) => (i === a ? product : product * p), good[a]!),
  );
  const allBad = bad.reduce((product, p) => product * p, 1);
  const total = allBad + onlyGood.reduce((sum, p) => sum + p, 0);
  return onlyGood.map((p) => (total === 0 ? 0 : p / total));
}
