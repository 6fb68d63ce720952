import type { Cid } from '../base/cid.ts';
import { KilnError } from '../base/errors.ts';
import type { Scope } from '../base/scope.ts';
import type { FrameStream } from '../protocol/channel.ts';
import { MAX_OPEN_NEGOTIATIONS } from '../protocol/constants.ts';
import type { PeerId } from '../protocol/identity.ts';
import { NEGOTIATE, type Proposal } from '../protocol/negotiate.ts';
import { WORK } from '../protocol/work.ts';
import { answerWork } from './leases/work-door.ts';
import type { OpenJob } from './open-job.ts';
import { lastVoucher } from './pay/last-voucher.ts';
import type { RequestorInit } from './requestor-init.ts';
import { acceptProvider, type ProposalAnswer } from './seats/accept-provider.ts';
import { agreementEndMs, agreementFor } from './seats/agreement-for.ts';

/** Where providers knock: answers the proposals and the work streams for all jobs of this browser. */
export class ProviderDoor {
  readonly #init: RequestorInit;
  readonly #jobs: ReadonlyMap<Cid, OpenJob>;
  readonly #negotiating = new Set<PeerId>();

  constructor(init: RequestorInit, jobs: ReadonlyMap<Cid, OpenJob>) {
    this.#init = init;
    this.#jobs = jobs;
  }

  /** Lets providers in from now on, until the scope closes. */
  async open(scope: Scope): Promise<void> {
    const { network } = this.#init;
    const stopNegotiate = await network.handle(NEGOTIATE, (stream) => void this.#negotiate(stream));
    const stopWork = await network.handle(WORK, (stream) => void this.#work(stream));
    scope.add(stopNegotiate);
    scope.add(stopWork);
  }

  async #negotiate(stream: FrameStream): Promise<void> {
    const { network, clock } = this.#init;
    if (this.#negotiating.size >= MAX_OPEN_NEGOTIATIONS || this.#negotiating.has(stream.peer)) {
      return stream.abort(
        new KilnError(
          'negotiate/busy',
          'This requestor negotiates with too many providers, or with you already.',
          { data: { limit: MAX_OPEN_NEGOTIATIONS } },
        ),
      );
    }
    this.#negotiating.add(stream.peer);
    await acceptProvider(stream, { identity: network.identity, clock }, (proposal, signer) =>
      this.#answer(proposal, signer),
    );
    this.#negotiating.delete(stream.peer);
  }

  async #answer(proposal: Proposal, signer: string): Promise<ProposalAnswer> {
    const open = this.#jobs.get(proposal.job);
    if (open === undefined)
      return { refusal: { reason: 'job-unknown', detail: 'this requestor has no such job' } };
    const runner = open.runner;
    if (runner === undefined || !open.isRunning)
      return { refusal: { reason: 'job-ended', detail: 'the job has ended' } };
    const nowMs = this.#init.clock.now();
    const { keyExpiresAtMs } = runner.paymaster;
    if (agreementEndMs(nowMs, keyExpiresAtMs) <= nowMs)
      return { refusal: { reason: 'not-covered', detail: 'the session key of this job ends too soon' } };
    await open.hear(proposal);
    const refusal =
      this.#init.fraud.refusal(proposal.provider) ?? (await runner.market.seats.ask(proposal, signer));
    if (refusal !== undefined) return { refusal };
    const agreement = agreementFor(runner.demand(), proposal, this.#init.clock.now(), keyExpiresAtMs);
    return {
      agreement,
      seal: (sealed) => runner.seal(sealed, proposal),
      release: () => runner.market.seats.release(proposal),
    };
  }

  #work(stream: FrameStream): Promise<void> {
    return answerWork(stream, {
      clock: this.#init.clock,
      find: (agreement) => {
        for (const { runner } of this.#jobs.values()) {
          const link = runner?.link(agreement);
          if (runner !== undefined && link !== undefined) return { runner, link };
        }
        return undefined;
      },
      lastVoucher: (agreement, provider) => lastVoucher(this.#init, agreement, provider),
    });
  }
}
