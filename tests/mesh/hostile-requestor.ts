import { manifestBytes } from '../../src/job/manifest.ts';
import type { Demand } from '../../src/protocol/announce.ts';
import { listenerChannel } from '../../src/protocol/channel.ts';
import { seal } from '../../src/protocol/envelope.ts';
import type { Identity } from '../../src/protocol/identity.ts';
import { type Agreement, NEGOTIATE } from '../../src/protocol/negotiate.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import { type RequestorWorkChannel, WORK, type WorkUp } from '../../src/protocol/work.ts';
import { acceptProvider } from '../../src/requestor/seats/accept-provider.ts';
import type { PaymentSession } from '../../src/requestor/slices.ts';
import { type MarketDay, MICRO_UNITS_PER_TASK, PRICE_PER_UNIT } from './market-day.ts';
import { tinyJob } from './twins/tiny-job.ts';

/** What a requestor driven by hand does with the work streams of its providers. */
export interface HostileOptions {
  /** Called for each message of a provider, the greeting first. */
  readonly onHeard?: (
    message: WorkUp,
    channel: RequestorWorkChannel,
    agreement: Agreement,
    digest: string,
  ) => unknown;
  /** What its announcement says beside the truth. */
  readonly demand?: Partial<Demand>;
  /** @default true */
  readonly servesManifest?: boolean;
  readonly agreementLifeMs?: number;
  /** Check policy of its job. @default trust */
  readonly policy?: Policy;
}

/** A requestor driven by hand: it agrees honestly, and then says whatever a test wants. */
export interface HostileRequestor {
  readonly job: string;
  readonly session: PaymentSession;
  readonly identity: Identity;
  /** Agreements signed and work streams opened so far. */
  readonly count: { agreements: number; streams: number };
  announce(): Promise<void>;
}

/** Joins as number 1 and puts a job of the twin sandbox on the board. */
export async function joinHostile(day: MarketDay, options: HostileOptions = {}): Promise<HostileRequestor> {
  const peer = day.network.join(1);
  const { manifest, blobs } = await tinyJob({
    tasks: 1_000,
    ...(options.policy === undefined ? {} : { policy: options.policy }),
  });
  for (const blob of blobs) await peer.blobs.put(blob);
  const job = await peer.blobs.put(manifestBytes(manifest));
  if (options.servesManifest === false) peer.blobs.delete(job);
  const session = day.session(10n ** 9n);
  const count = { agreements: 0, streams: 0 };
  const signed: Agreement[] = [];
  const demand = (): Demand => ({
    requestor: peer.identity.peer,
    addresses: [],
    job,
    name: 'hostile job',
    kind: 'wasi',
    requirements: {},
    microUnitsPerTask: MICRO_UNITS_PER_TASK,
    tasksLeft: 1_000,
    seats: { total: 8, filled: 0 },
    priceCeiling: PRICE_PER_UNIT,
    policy: manifest.policy,
    comparator: manifest.comparator,
    payment: session.terms,
    blobs: [],
    issuedAt: day.clock.now(),
    expiresAt: day.clock.now() + 60_000,
    ...options.demand,
  });
  peer.handle(NEGOTIATE, (stream) => {
    void acceptProvider(stream, { identity: peer.identity, clock: day.clock }, async (proposal) => {
      const { policy, comparator, requestor, payment } = demand();
      const { provider, payee, kind, pricePerUnit, slots, creditLimit } = proposal;
      const nowMs = day.clock.now();
      const agreement: Agreement = {
        ...{ job, requestor, provider, payee, payment, kind, pricePerUnit, slots, policy, comparator },
        microUnitsPerTask: MICRO_UNITS_PER_TASK,
        creditLimit,
        issuedAt: nowMs,
        expiresAt: nowMs + (options.agreementLifeMs ?? 6 * 3_600_000),
        nonce: new Uint8Array(16).fill(++count.agreements),
      };
      signed.push(agreement);
      return { agreement, seal: async () => {}, release: () => {} };
    });
  });
  peer.handle(WORK, (stream) => {
    count.streams++;
    const channel: RequestorWorkChannel = listenerChannel(WORK, stream);
    void (async () => {
      let digest = '';
      for await (const message of channel.messages) {
        if (message.type === 'hello') digest = message.agreement;
        await options.onHeard?.(message, channel, signed.at(-1)!, digest);
      }
    })().catch(() => {});
  });
  const announce = () => peer.publishDemand('wasi', seal(peer.identity, 'kiln/demand/1', demand()));
  await announce();
  return { job, session, identity: peer.identity, count, announce };
}
