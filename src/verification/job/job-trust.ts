import type { PeerId } from '../../protocol/identity.ts';
import type { Policy } from '../../protocol/policy.ts';
import {
  acceptanceThreshold,
  assumedFaults,
  checkRate,
  faultShare,
  passesForTrust,
} from '../policy/check-rate.ts';
import { workerCredibility } from '../policy/credibility.ts';
import { ADAPTIVE_TRIAL_RESULTS, neededResults } from '../policy/vote.ts';

/**
 * How well one job knows its providers: the checks each has passed in a row, and what share of them was caught. All
 * numbers of adaptive checking follow from these, so a job with many cheats checks more, and one with few less.
 *
 * Two shares are kept apart. Of all that came, what part lied: so much is a stranger's word worth. Of those that had
 * passed the trial, what part lied afterwards: so much are trusted ones checked. Identities cost nothing, and thrown away
 * at their first result they say nothing about those that are trusted.
 *
 * A check is passed when somebody else's result of the same task agreed, when the requestor's own did, or with a
 * ringer. Being caught lasts, unless this device finds that the accusers lied ({@link JobTrust.acquit}).
 *
 * @example
 * const trust = new JobTrust(policy);
 * const need = trust.neededResults(peer, random()); // at leasing
 * decide(check, trust.credibilityOf);
 */
export class JobTrust {
  readonly #policy: Policy;
  readonly #passed = new Map<PeerId, number>();
  readonly #caught = new Set<PeerId>();
  /** Sum over honest providers of the part of the trial that each has passed. */
  #known = 0;
  /** Honest providers that have passed the trial. */
  #proven = 0;
  /** Caught ones that had passed it. */
  readonly #turned = new Set<PeerId>();
  #checksAll = false;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /** The share f of all providers that cheat, by what this job has seen: what a stranger is taken for. */
  get faultShare(): number {
    const seen = { known: this.#known + this.#caught.size, caught: this.#caught.size };
    return faultShare(seen, assumedFaults(this.#policy));
  }

  /** The share of those that passed their trial that cheat all the same. */
  get trustedFaultShare(): number {
    const caught = this.#turned.size;
    return faultShare({ known: this.#proven + caught, caught }, assumedFaults(this.#policy));
  }

  /** The share of a trusted provider's results that is checked now, at the least. */
  get checkRate(): number {
    return checkRate(this.trustedFaultShare);
  }

  /** Checks to pass before a provider's results count alone. */
  get passesForTrust(): number {
    return passesForTrust(acceptanceThreshold(this.#policy), this.trustedFaultShare, ADAPTIVE_TRIAL_RESULTS);
  }

  /** Checks that this provider has passed, none after it was caught. */
  passed(peer: PeerId): number {
    return this.#passed.get(peer) ?? 0;
  }

  isCaught(peer: PeerId): boolean {
    return this.#caught.has(peer);
  }

  /** Do this provider's results count alone, when no check is drawn for them? */
  isTrusted(peer: PeerId): boolean {
    return this.passed(peer) >= this.passesForTrust;
  }

  /** Probability that a result of this provider is right; 0 once it was caught. */
  readonly credibilityOf = (peer: PeerId, isDisputed = false): number =>
    this.#caught.has(peer) ? 0 : workerCredibility(isDisputed ? 0 : this.passed(peer), this.faultShare, true);

  /** Agreeing results that a replica leased to this provider now calls for; `random` is one number in [0, 1). */
  neededResults(peer: PeerId, random: number): number {
    const chance = this.#checksAll ? 0 : random;
    return neededResults(this.#policy, this.passed(peer), chance, this.trustedFaultShare);
  }

  /** From now on every result is checked, because the job is about to close. */
  checkAll(): void {
    this.#checksAll = true;
  }

  /**
   * This provider passed so many checks. What it passed in earlier jobs may be told here once, at seating, but spares
   * it no more than the trial: trust above that is earned in each job anew.
   */
  pass(peer: PeerId, checks = 1): void {
    if (!this.#caught.has(peer)) this.#set(peer, this.passed(peer) + checks);
  }

  /** A check that it had passed proves nothing any more: who agreed with it was caught. */
  withdraw(peer: PeerId): void {
    this.#set(peer, Math.max(0, this.passed(peer) - 1));
  }

  /**
   * This provider committed to a result and did not open it. It can tell by how soon it is asked whether somebody else
   * computes the same, so what it kept back may have been wrong: it has to be trusted anew.
   */
  startOver(peer: PeerId): void {
    if (!this.#caught.has(peer)) this.#set(peer, 0);
  }

  /** A result of this provider was wrong. */
  catch(peer: PeerId): void {
    if (hasPassedTrial(this.passed(peer))) this.#turned.add(peer);
    this.#set(peer, 0);
    this.#passed.delete(peer);
    this.#caught.add(peer);
  }

  /** Who was caught had told the truth: it begins anew. */
  acquit(peer: PeerId): void {
    this.#caught.delete(peer);
    this.#turned.delete(peer);
  }

  #set(peer: PeerId, passed: number): void {
    const before = this.passed(peer);
    this.#known += trialPart(passed) - trialPart(before);
    this.#proven += Number(hasPassedTrial(passed)) - Number(hasPassedTrial(before));
    this.#passed.set(peer, passed);
  }
}

function hasPassedTrial(passed: number): boolean {
  return passed >= ADAPTIVE_TRIAL_RESULTS;
}

function trialPart(passed: number): number {
  return Math.min(1, passed / ADAPTIVE_TRIAL_RESULTS);
}
