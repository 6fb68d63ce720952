import { type Random, seededRandom } from '../../src/base/random.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import type { Exit } from '../../src/protocol/task.ts';
import type { Requestor } from '../../src/requestor/requestor.ts';
import type { JobView } from '../../src/requestor/view.ts';
import { type DayProvider, type MarketDay, MICRO_UNITS_PER_TASK, TASK_PRICE, viewOf } from './market-day.ts';
import { copyFrom, eavesdrop, joinRogue } from './rogue.ts';

/** The longest that one of these small jobs may take, in the market's time: an hour. */
const LIMIT_MS = 3_600_000;
const COPIER = 200;

export type Kind =
  | 'honest'
  | 'slow'
  | 'flaky'
  | 'leaver'
  | 'staller'
  | 'hoarder'
  | 'liar'
  | 'late-liar'
  | 'copier'
  | 'boaster';

/** Kinds that are never caught at anything, because they tell the truth. */
const TRUTHFUL: readonly Kind[] = ['honest', 'slow', 'flaky', 'leaver', 'staller', 'hoarder', 'boaster'];

/** One of a crowd. */
export interface Member {
  readonly kind: Kind;
  readonly one: DayProvider;
  /** Tasks that it lied about. */
  readonly lies: ReadonlySet<number>;
}

/** A market as a seed makes it. */
export interface SmallMarket {
  readonly crowd: readonly Kind[];
  readonly policy: Policy;
  readonly tasks: number;
  readonly seats: number;
  /** In the token's smallest unit; with the least of them a job cannot be checked to its end. */
  readonly budget: bigint;
}

/** What became of it. */
export interface Outcome {
  readonly view: JobView | undefined;
  readonly members: readonly Member[];
  readonly requestor: Requestor;
  readonly tookMs: number;
}

/** Draws a market. Everybody who lies does so in its own way, so that no crowd of liars agrees. */
export function drawMarket(seed: number): SmallMarket {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  const crowd: Kind[] = Array.from({ length: 2 + Math.floor(random() * 2) }, () =>
    pick(['honest', 'honest', 'slow']),
  );
  const rest: readonly Kind[] = [
    'flaky',
    'leaver',
    'staller',
    'hoarder',
    'liar',
    'late-liar',
    'copier',
    'boaster',
  ];
  const others = Math.floor(random() * 4);
  for (let i = 0; i < others; i++) {
    const kind = pick(rest);
    if (kind !== 'copier' || !crowd.includes(kind)) crowd.push(kind);
  }
  const checks = {
    auditRate: pick([0, 0, 0.1]),
    ...(random() < 0.5 ? { ringerRate: pick([0.1, 0.5]) } : {}),
  };
  const policy: Policy =
    random() < 0.65
      ? { kind: 'adaptive', ...checks, ...(random() < 0.3 ? { threshold: 0.99 } : {}) }
      : { kind: 'quorum', need: 2, limit: 4, ...checks };
  const tasks = 20 + Math.floor(random() * 50);
  const share = pick([6, 6, 6, 3, 1]);
  const budget = BigInt(tasks) * TASK_PRICE * BigInt(share);
  return { crowd: shuffled(crowd, random), policy, tasks, seats: 8, budget };
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Has the market run until its job ends; `view` is what is left when it never does. */
export async function runMarket(
  day: MarketDay,
  market: SmallMarket,
  seed: number,
  limitMs = LIMIT_MS,
): Promise<Outcome> {
  const random = seededRandom(seed + 1_000);
  const members: Member[] = [];
  for (const kind of market.crowd) if (kind !== 'copier') members.push(await join(day, kind, random));
  const home = await day.requestor();
  const { requestor } = home;
  const hasCopier = market.crowd.includes('copier');
  const joining = hasCopier ? joinRogue(day, COPIER) : undefined;
  joining?.catch(() => {});
  const victims = hasCopier ? members.slice(0, 2).map(({ one }) => eavesdrop(one)) : [];
  void joining?.then((rogue) => copyFrom(rogue, victims));
  const startedAtMs = day.clock.now();
  const job = await day.submit(requestor, market.tasks, market.policy, day.session(market.budget), {
    seats: market.seats,
  });
  const ended = () => viewOf(requestor, job)?.status !== 'running';
  const stop = breakNowAndThen(day, members, random);
  await day.clock.runUntil(ended, limitMs).catch(() => {});
  stop();
  const tookMs = day.clock.now() - startedAtMs;
  await day.clock.advance(1_000);
  return { view: viewOf(requestor, job), members, requestor, tookMs };
}

async function join(day: MarketDay, kind: Kind, random: Random): Promise<Member> {
  const lies = new Set<number>();
  const mask = 1 + Math.floor(random() * 254);
  const lieFrom = (from: number) => {
    let runs = 0;
    return (task: number, bytes: Uint8Array<ArrayBuffer>) => {
      if (++runs <= from) return bytes;
      lies.add(task);
      return bytes.map((byte) => byte ^ mask);
    };
  };
  let runs = 0;
  const stallFrom = Math.floor(random() * 15);
  const msPerTask = 50 + Math.floor(random() * 400);
  const stalling = () => (++runs > stallFrom ? 1e9 : msPerTask);
  const options = {
    honest: { msPerTask },
    slow: { msPerTask: msPerTask * 10 },
    flaky: {
      msPerTask,
      exit: (): Exit => (random() < 0.2 ? { kind: 'timeout', message: '' } : { kind: 'ok' }),
    },
    leaver: { msPerTask },
    staller: { msPerTask: stalling },
    hoarder: { msPerTask: stalling, slots: 8 },
    liar: { msPerTask, tamper: lieFrom(0) },
    'late-liar': { msPerTask, tamper: lieFrom(5 + Math.floor(random() * 30)) },
    copier: {},
    boaster: { msPerTask: 1_500, saidMsPerTask: 1, microUnitsPerSecond: 5_000_000 },
  }[kind];
  // Each measured itself well, except for whoever says something else.
  const paceMs = kind === 'slow' ? msPerTask * 10 : msPerTask;
  const score = { microUnitsPerSecond: Math.round((MICRO_UNITS_PER_TASK * 1_000) / paceMs) };
  return { kind, one: await day.provider({ ...score, ...options }), lies };
}

/** Streams of those that leave break now and then, until told to stop. */
function breakNowAndThen(day: MarketDay, members: readonly Member[], random: Random): () => void {
  const leavers = members.filter(({ kind }) => kind === 'leaver');
  let stop = () => {};
  const next = () => {
    stop = day.clock.after(1_000 + random() * 9_000, () => {
      for (const { one } of leavers) day.network.breakStreams(one.peer.identity.peer);
      next();
    });
  };
  if (leavers.length > 0) next();
  return () => stop();
}

/** May this one never be banned? */
export function isTruthful({ kind }: Member): boolean {
  return TRUTHFUL.includes(kind);
}

/** What a provider was told of each of its results, by task. */
export async function verdictsOn({ view, requestor }: Outcome, peer: string): Promise<readonly Told[]> {
  const told: Told[] = [];
  for (let task = 0; task < view!.phases.length; task++) {
    const trace = await requestor.trace(view!.job, task);
    for (const run of trace?.runs ?? []) if (run.peer === peer) told.push({ task, verdicts: run.verdicts });
  }
  return told;
}

/** What a provider was told of one result, in order. */
export interface Told {
  readonly task: number;
  readonly verdicts: readonly { readonly at: number; readonly outcome: string }[];
}

/** Results of a provider whose pay was held back at this time. */
export function heldAt(told: readonly Told[], atMs: number): number {
  return told.filter(({ verdicts: [first, second] }) => {
    if (first?.outcome !== 'provisional' || first.at > atMs) return false;
    return second === undefined || second.at > atMs;
  }).length;
}
