/** Outcomes of dealings with one counterpart in one job kind, as decayed counts. Plain data: storable. */
export interface ReputationRecord {
  readonly valid: number;
  readonly wrong: number;
  readonly late: number;
  readonly abandoned: number;
  readonly paid: number;
  readonly unpaid: number;
  /** Validated results since the last wrong one; not decayed. */
  readonly consecutiveValid: number;
  readonly updatedAtMs: number;
}

/** What can be noted. The first four are about providers, the last two about requestors. */
export type Outcome = 'valid' | 'wrong' | 'late' | 'abandoned' | 'paid' | 'unpaid';

/** Records of providers are kept under their job kind, those of requestors under this name: `requestor/PEER`. */
export const REQUESTOR_RECORDS = 'requestor';

/** Half of an outcome's weight is gone after a week: machines and their owners change. */
export const HALF_LIFE_MS = 7 * 24 * 3_600_000;

/** The record of a stranger. */
export function newRecord(nowMs: number): ReputationRecord {
  return {
    valid: 0,
    wrong: 0,
    late: 0,
    abandoned: 0,
    paid: 0,
    unpaid: 0,
    consecutiveValid: 0,
    updatedAtMs: nowMs,
  };
}

/** The record as it weighs now. A clock that went backwards changes nothing. */
export function decayed(record: ReputationRecord, nowMs: number): ReputationRecord {
  const elapsedMs = nowMs - record.updatedAtMs;
  if (elapsedMs <= 0) return record;
  const factor = 0.5 ** (elapsedMs / HALF_LIFE_MS);
  return {
    valid: record.valid * factor,
    wrong: record.wrong * factor,
    late: record.late * factor,
    abandoned: record.abandoned * factor,
    paid: record.paid * factor,
    unpaid: record.unpaid * factor,
    consecutiveValid: record.consecutiveValid,
    updatedAtMs: nowMs,
  };
}

/** The record after `count` more outcomes of one sort. A wrong result ends the run of valid ones. */
export function note(record: ReputationRecord, outcome: Outcome, nowMs: number, count = 1): ReputationRecord {
  const now = decayed(record, nowMs);
  const consecutiveValid = outcome === 'wrong' ? 0 : now.consecutiveValid + (outcome === 'valid' ? count : 0);
  return { ...now, [outcome]: now[outcome] + count, consecutiveValid };
}

/** The record without the last wrong result: it turned out to be right. */
export function retractWrong(record: ReputationRecord, nowMs: number): ReputationRecord {
  const now = decayed(record, nowMs);
  return { ...now, wrong: Math.max(0, now.wrong - 1) };
}
