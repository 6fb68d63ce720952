import type { Clock } from '../../base/time.ts';
import type { SoundProof } from '../../verification/fraud-proof.ts';
import { checkClaim, type CheckClaimInit } from './check-claim.ts';
import { MAX_CHECK_MS_PER_HOUR, MAX_CHECKS_PER_HOUR } from './constants.ts';

const HOUR_MS = 3_600_000;

/** Checks claims one after another, and no more of them in an hour than this device wants to spend on strangers' words. */
export class ClaimChecks {
  readonly #init: CheckClaimInit;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();
  /** Checks of the past hour: of which claim, when each began and how long it took so far. */
  #begun: { readonly digest: string; readonly atMs: number; tookMs: number }[] = [];

  constructor(init: CheckClaimInit, signal: AbortSignal) {
    this.#init = init;
    this.#clock = init.clock;
    this.#signal = signal;
  }

  /**
   * Checks a claim of somebody else, unless that was tried within the hour or too many were; `unknown` then. One that
   * cannot be checked must not use up the tries of others each time that its accused is met.
   */
  async ofOther(sound: SoundProof): Promise<'true' | 'false' | 'unknown'> {
    const nowMs = this.#clock.now();
    this.#begun = this.#begun.filter(({ atMs }) => nowMs - atMs < HOUR_MS);
    const spentMs = this.#begun.reduce((sum, { tookMs }) => sum + tookMs, 0);
    const isSpent = this.#begun.length >= MAX_CHECKS_PER_HOUR || spentMs >= MAX_CHECK_MS_PER_HOUR;
    if (isSpent || this.#begun.some(({ digest }) => digest === sound.digest)) return 'unknown';
    const one = { digest: sound.digest, atMs: nowMs, tookMs: 0 };
    this.#begun.push(one);
    const verdict = await this.own(sound);
    one.tookMs = this.#clock.now() - nowMs;
    return verdict;
  }

  /** Checks a claim that this device is about to make: a crowd that outvoted an honest provider must not be repeated. */
  own(sound: SoundProof): Promise<'true' | 'false' | 'unknown'> {
    const checked = this.#last.then(() => checkClaim(this.#init, sound, this.#signal));
    this.#last = checked;
    return checked;
  }
}
