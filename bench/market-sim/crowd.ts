import type { Random } from '../../src/base/random.ts';
import type { Holder } from '../../src/verification/task/task-check.ts';
import { isCheat, type Kind, slowness } from './behaviours.ts';

/** Share of each kind among the providers on the market; the rest is honest. */
export type Mix = Readonly<Partial<Record<Kind, number>>>;

/** One provider on the market and what became of it in the job. */
export interface SimProvider {
  readonly holder: Holder;
  readonly kind: Kind;
  readonly msPerTask: number;
  /** Tasks it was given. */
  leased: number;
  /** Results it handed in. */
  delivered: number;
  paid: number;
  /** Milliseconds of virtual time that it sat in the job. */
  seatedMs: number;
  seatedAtMs: number | undefined;
  /** Tasks of the job that were done when it sat down, and when it was given its first. */
  doneWhenSeated: number;
  doneWhenLeased: number | undefined;
  /** The requestor knew it from earlier jobs when it sat down. */
  isKnown: boolean;
  isBanned: boolean;
  /** Closed its tab for good. */
  hasLeft: boolean;
  /** Knows of the job since this; the share of tasks done is counted from it. */
  doneWhenAsked: number | undefined;
  /** The lease that it works on. */
  inHand: { readonly task: number; readonly id: string } | undefined;
}

/** What an ordinary task takes; only ratios matter. */
const TASK_MS = 1_000;
/** The fastest ordinary provider is so many times as fast as the slowest. */
const SPEED_SPREAD = 3;

/**
 * The providers on the market, in order of asking for a seat. Cheats are spread evenly among them, so that a job of few
 * seats has its share of them too and not by luck none.
 */
export function gatherCrowd(providers: number, mix: Mix, random: Random): SimProvider[] {
  const cheats = (Object.keys(mix) as Kind[]).filter(isCheat);
  const cheatShare = cheats.reduce((sum, kind) => sum + mix[kind]!, 0);
  const start = random();
  let cheated = 0;
  return Array.from({ length: providers }, (_, i) => {
    const isNextCheat = Math.floor((i + 1) * cheatShare + start) > cheated;
    const kind = isNextCheat ? cheats[cheated++ % cheats.length]! : drawHonest(mix, random());
    return {
      holder: { peer: `p${i}`, payee: `0x${i.toString(16)}` },
      kind,
      msPerTask: TASK_MS * SPEED_SPREAD ** (random() - 0.5) * slowness(kind),
      leased: 0,
      delivered: 0,
      paid: 0,
      seatedMs: 0,
      seatedAtMs: undefined,
      doneWhenSeated: 0,
      doneWhenLeased: undefined,
      isKnown: false,
      isBanned: false,
      hasLeft: false,
      doneWhenAsked: undefined,
      inHand: undefined,
    };
  });
}

/** A crowd in which this share of all providers cheats, by these kinds in equal parts. */
export function cheats(share: number, ...kinds: readonly Kind[]): Mix {
  return {
    flaky: 0.05,
    slow: 0.05,
    ...Object.fromEntries(kinds.map((kind) => [kind, share / kinds.length])),
  };
}

function drawHonest(mix: Mix, random: number): Kind {
  const { flaky = 0, slow = 0 } = mix;
  if (random < flaky) return 'flaky';
  return random < flaky + slow ? 'slow' : 'honest';
}
