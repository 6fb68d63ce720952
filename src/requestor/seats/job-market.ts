import { parseGroupKey } from '../../market/match/group-key.ts';
import { proveMember } from '../../market/match/group-proof.ts';
import type { Demand } from '../../protocol/announce.ts';
import type { GroupProof } from '../../protocol/group.ts';
import type { PeerId } from '../../protocol/identity.ts';
import { ADAPTIVE_TRIAL_RESULTS } from '../../verification/policy/vote.ts';
import type { JobDesks } from '../job-desks.ts';
import type { JobParts } from '../job-parts.ts';
import { Announcer } from './announcer.ts';
import type { ProviderLink } from './provider-link.ts';
import { SeatDesk } from './seat-desk.ts';
import { SpeedWatch } from './speed-watch.ts';

/** Where a job meets its providers: it is announced, its seats are given, and what seats were given for is watched. */
export interface JobMarket {
  readonly announcer: Announcer;
  readonly seats: SeatDesk;
  readonly speeds: SpeedWatch;
  /** To be called at every sweep: newcomers that were turned away hear at once that a seat is open for them again. */
  readonly review: () => void;
  /** The seats as they are announced: nobody answers a full demand, so one looks free where newcomers are wanted. */
  readonly shownSeats: () => Demand['seats'];
}

/** What the market asks the runner of its job. */
interface MarketActions {
  readonly isRunning: () => boolean;
  readonly demand: () => Demand;
  /** Ends an agreement, so that another provider has its seat. */
  readonly dismiss: (link: ProviderLink, reason: string) => void;
  readonly demandTerms: () => ReturnType<ConstructorParameters<typeof Announcer>[3]>;
}

/** Opens the market of one job by its terms. */
export function openJobMarket(parts: JobParts, desks: JobDesks, actions: MarketActions): JobMarket {
  const { record, clock, random, network, reputation } = parts;
  const { terms } = record;
  const { links, progress, bans } = desks;
  const needed = parts.demandTerms.requirements.microUnitsPerSecond;
  const speeds = new SpeedWatch({
    clock,
    microUnitsPerTask: terms.microUnitsPerTask,
    ...(needed === undefined ? {} : { needed }),
    onOverstated: (peer, text) =>
      progress.note(`The benchmark of provider …${peer.slice(-8)} is not believed: ${text}.`),
  });
  const isProven = (peer: PeerId) => reputation.consecutiveValid(peer) >= ADAPTIVE_TRIAL_RESULTS;
  const seats = new SeatDesk({
    clock,
    random,
    demand: actions.demand,
    seated: () => links.seated,
    bannedPeers: progress.banned,
    bannedPayees: bans.accounts,
    isProven,
    reliability: (peer) => reputation.reliability(peer),
    isNewcomer: (peer) => !reputation.knows(peer),
    resultsOf: (peer) => links.of(peer).reduce((sum, { executions }) => sum + executions, 0),
    giveWay: (peer, reason) => {
      for (const link of links.of(peer)) if (!link.isEnded) actions.dismiss(link, reason);
    },
    connectionTo: (peer) => network.connectionTo(peer),
    seenSpeed: (peer) => speeds.believedOf(peer),
    tooSlow: (peer) => speeds.tooSlow(peer),
    putAside: (peer, payee) => desks.waste.refusal(peer, payee, isProven(peer)),
    ...(terms.weights === undefined ? {} : { weights: terms.weights }),
    ...(terms.group === undefined ? {} : { groupKey: terms.group }),
  });
  const shownSeats = () => {
    const total = terms.seats;
    const filled = Math.min(links.seated.length, total);
    const forNewcomers = filled === total && seats.isOpenForNewcomers(total);
    return forNewcomers ? { total, filled: total - 1, forNewcomers } : { total, filled };
  };
  const announcer = new Announcer(
    network,
    clock,
    random,
    () => {
      const { filled, total } = shownSeats();
      const isWanted = !actions.isRunning() || filled < total;
      return isWanted ? actions.demandTerms() : undefined;
    },
    groupProver(parts),
  );
  let wasOpen = true;
  const review = () => {
    const isOpen = seats.isOpenForNewcomers(terms.seats);
    if (isOpen && !wasOpen) announcer.hurry();
    wasOpen = isOpen;
  };
  return { announcer, seats, speeds, review, shownSeats };
}

/** Shows, in each announcement anew, that the requestor belongs to the group that the job is for. */
function groupProver({ record, network }: JobParts): ((expiresAt: number) => GroupProof) | undefined {
  const { job, terms } = record;
  if (terms.group === undefined) return undefined;
  const key = parseGroupKey(terms.group);
  const { peer } = network.identity;
  return (expiresAt) => proveMember(key, { role: 'requestor', peer, job, expiresAt });
}
