import type { PeerId } from '../../protocol/identity.ts';
import type { JobTrust } from './job-trust.ts';

/** A standing result to check once more before the job closes: by one more provider, or by the requestor's own device. */
export interface ClosingCheck {
  readonly task: number;
  readonly by: 'provider' | 'own-device';
}

/** The standing results of a job, by who supports them. */
export interface StandingResults {
  /** Tasks that each provider handed in results of, in order of commitment. */
  readonly tasksOf: ReadonlyMap<PeerId, Iterable<number>>;
  readonly standing: (task: number) =>
    | {
        readonly supporters: readonly PeerId[];
        readonly isProven: boolean;
        /** Whose word alone it stood on before others confirmed it. */
        readonly loneBy: PeerId | undefined;
      }
    | undefined;
}

/**
 * What to check before a job may close; nothing when it may. Two rounds, each repeated until it wants nothing:
 *
 * 1. Of each provider that something stands on alone, the last such result, and more of them, drawn by chance, if by
 *    what is known now it has passed too few checks to be trusted. Whoever began to lie and lies ever since is caught
 *    by the last one.
 * 2. Providers that only vouch for each other might all lie: for each such circle, one result on the requestor's own
 *    device. A chain of accomplices who confirm each other's last results ends there.
 */
export function closingChecks(
  results: StandingResults,
  trust: JobTrust,
  random: () => number,
  canCompute: boolean,
): readonly ClosingCheck[] {
  const peers = [...results.tasksOf.keys()].map((peer) => survey(results, peer));
  const tasks = peers.flatMap((peer) => unconfirmed(peer, trust, random));
  if (tasks.length > 0 || !canCompute) return tasks.map((task) => ({ task, by: 'provider' }));
  return circles(peers).map((task) => ({ task, by: 'own-device' }));
}

/** One provider's results: what it says alone, and what others confirmed since. */
interface Survey {
  readonly peer: PeerId;
  readonly lone: readonly number[];
  /** Later than its last lone result. */
  readonly since: readonly {
    readonly task: number;
    readonly with: readonly PeerId[];
    readonly isProven: boolean;
  }[];
  /** A result that stood, or stands, on its word alone. */
  readonly spoken: number | undefined;
}

function survey({ tasksOf, standing }: StandingResults, peer: PeerId): Survey {
  let spoken: number | undefined;
  const lone: number[] = [];
  let since: { task: number; with: readonly PeerId[]; isProven: boolean }[] = [];
  for (const task of tasksOf.get(peer)!) {
    const entry = standing(task);
    if (entry === undefined || !entry.supporters.includes(peer)) continue;
    if (entry.loneBy === peer) spoken = task;
    if (entry.isProven || entry.supporters.length > 1) {
      since.push({ task, with: entry.supporters, isProven: entry.isProven });
      continue;
    }
    lone.push(task);
    since = [];
  }
  return { peer, lone, since, spoken };
}

function unconfirmed(
  { peer, lone, since }: Survey,
  trust: JobTrust,
  random: () => number,
): readonly number[] {
  if (lone.length === 0) return [];
  const more = Math.min(lone.length, trust.passesForTrust - trust.passed(peer));
  const last = lone.at(-1)!;
  if (more <= 0) return since.length > 0 ? [] : [last];
  const drawn = new Set([last]);
  while (drawn.size < more) drawn.add(lone[Math.floor(random() * lone.length)]!);
  return [...drawn];
}

/** One task for each circle of providers whose word nobody outside of it, this device included, stands behind. */
function circles(peers: readonly Survey[]): number[] {
  const safe = new Set(
    peers.filter(({ since }) => since.some(({ isProven }) => isProven)).map(({ peer }) => peer),
  );
  const tasks: number[] = [];
  for (const { peer, since, spoken } of peers) {
    spread(peers, safe);
    if (safe.has(peer) || spoken === undefined) continue;
    safe.add(peer);
    tasks.push(since.at(-1)?.task ?? spoken);
  }
  return tasks;
}

/** Who was confirmed by somebody safe is safe. */
function spread(peers: readonly Survey[], safe: Set<PeerId>): void {
  for (let before = -1; before < safe.size;) {
    before = safe.size;
    for (const { peer, since } of peers) {
      if (since.some((shared) => shared.with.some((other) => safe.has(other)))) safe.add(peer);
    }
  }
}
