import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import type { Demand } from '../../protocol/announce.ts';
import { DEMAND, identityOf, NOW_MS, PROPOSAL } from '../../protocol/messages.fixture.ts';
import type { Proposal } from '../../protocol/negotiate.ts';
import { SeatDesk, type SeatDeskInit } from './seat-desk.ts';

/** A proposal of the provider with this number, which makes its payee too. */
export function proposalOf(number: number, change: Partial<Proposal> = {}): Proposal {
  const payee = `0x${number.toString(16).padStart(40, '0')}`;
  return { ...PROPOSAL, provider: identityOf(number).peer, payee, ...change };
}

/** A job of two seats, its desk, and what providers were answered. */
export class SeatWorld implements Disposable {
  readonly clock = new ManualClock(NOW_MS);
  demand: Demand = { ...DEMAND, requirements: {}, seats: { total: 2, filled: 0 } };
  seated: { peer: string; payee: string }[] = [];
  /** By the name under which was asked: `seat`, or the reason of the refusal. */
  readonly answers: Record<string, string> = {};
  /** By peer; 0.5 for who is not in it. */
  readonly reliability: Record<string, number> = {};
  readonly bannedPeers = new Set<string>();
  readonly bannedPayees = new Set<string>();
  desk = this.openDesk();

  [Symbol.dispose](): void {
    this.clock[Symbol.dispose]();
  }

  openDesk(more: Partial<SeatDeskInit> = {}): SeatDesk {
    return new SeatDesk({
      clock: this.clock,
      demand: () => this.demand,
      seated: () => this.seated,
      bannedPeers: this.bannedPeers,
      bannedPayees: this.bannedPayees,
      reliability: (peer) => this.reliability[peer] ?? 0.5,
      ...more,
    });
  }

  /** Asks; the answer appears under the name. */
  ask(name: string, proposal: Proposal, signer = proposal.provider): Proposal {
    void this.desk.ask(proposal, signer).then((refusal) => (this.answers[name] = refusal?.reason ?? 'seat'));
    return proposal;
  }
}
