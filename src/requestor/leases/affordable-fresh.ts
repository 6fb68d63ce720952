/** Results per task may be a fraction: ringers are seldom. */
const SHARES = 1_000;

/** What a job may still spend and has to keep. Money is in the token's smallest unit. */
export interface Means {
  /** What one accepted task of the provider costs that is to be leased more. */
  readonly price: bigint;
  /** What one costs of each provider that has a seat. */
  readonly seatedPrices: readonly bigint[];
  /** What the budget still allows to promise. */
  readonly budgetRest: bigint;
  /** What leased, delivered, held back and accepted tasks may still cost. */
  readonly unpaid: bigint;
  /** Replicas that tasks under way still wait for. */
  readonly pendingReplicas: number;
  /** Checks that the job may want before it closes. */
  readonly closingChecks: number;
  /** Results that a task is to get, first or on average; may be a fraction, at least one. */
  readonly resultsPerTask: number;
}

/**
 * How many tasks that nobody has begun may be leased: the budget has to pay for all replicas of what is under way first.
 * Whoever takes the replicas may be the dearest. Without bound where the provider works for nothing.
 */
export function affordableFresh(means: Means): number {
  const { price, seatedPrices, budgetRest, unpaid, pendingReplicas, closingChecks, resultsPerTask } = means;
  if (price === 0n) return Number.MAX_SAFE_INTEGER;
  const dearest = seatedPrices.reduce((most, other) => (other > most ? other : most), price);
  const rest = budgetRest - unpaid - dearest * BigInt(pendingReplicas + closingChecks);
  const perTask = (dearest * BigInt(Math.ceil(resultsPerTask * SHARES))) / BigInt(SHARES);
  return rest < perTask ? 0 : Number(rest / perTask);
}
