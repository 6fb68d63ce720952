import { DEVICE_LOSS_BACKOFFS_MS, DEVICE_LOSS_WINDOW_MS, MAX_DEVICE_LOSSES } from '../limits.ts';

/** What follows from a lost GPU device: wait this long, or no more GPU work on this page. */
export type LossDecision = { readonly kind: 'wait'; readonly ms: number } | { readonly kind: 'end' };

/** Decides after a loss, given the times of all losses of this page, the newest last. */
export function decideAfterLoss(lossesAtMs: readonly number[]): LossDecision {
  const newestMs = lossesAtMs.at(-1) ?? 0;
  const recent = lossesAtMs.filter((atMs) => newestMs - atMs < DEVICE_LOSS_WINDOW_MS);
  if (recent.length >= MAX_DEVICE_LOSSES) return { kind: 'end' };
  const step = Math.min(Math.max(lossesAtMs.length, 1), DEVICE_LOSS_BACKOFFS_MS.length);
  return { kind: 'wait', ms: DEVICE_LOSS_BACKOFFS_MS[step - 1] ?? 0 };
}
