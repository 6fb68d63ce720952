import { dialerChannel } from '../../src/protocol/channel.ts';
import { decode } from '../../src/protocol/codec.ts';
import { type Envelope, seal } from '../../src/protocol/envelope.ts';
import { MAX_WORK_FRAME_BYTES } from '../../src/protocol/constants.ts';
import type { Agreement, Proposal } from '../../src/protocol/negotiate.ts';
import {
  type Commit,
  commitSchema,
  type ProviderWorkChannel,
  type Revealed,
  WORK,
  type WorkDown,
  type WorkUp,
} from '../../src/protocol/work.ts';
import { negotiate } from '../../src/provider/demands/negotiate.ts';
import type { AgreementRecord } from '../../src/provider/records.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { type DayProvider, type MarketDay, MICRO_UNITS_PER_TASK, PRICE_PER_UNIT } from './market-day.ts';
import type { MemoryPeer } from './twins/memory-network.ts';

/** A provider driven by hand: it negotiates honestly and then says whatever a test wants. */
export interface Rogue {
  readonly peer: MemoryPeer;
  readonly agreement: Agreement;
  readonly digest: string;
  readonly channel: ProviderWorkChannel;
  readonly heard: WorkDown[];
  /** Called after each message that the requestor sends. */
  onHeard: () => void;
  /** Opens another work stream under this name; the result fills with what the requestor says there. */
  greet(digest: string): readonly WorkDown[];
  commit(commit: Omit<Commit, 'agreement'>): Envelope;
}

/** Joins, takes a seat in the job that is announced next, and opens the work stream with this greeting. */
export async function joinRogue(
  day: MarketDay,
  number: number,
  hello: (digest: string) => string = (digest) => digest,
): Promise<Rogue> {
  const peer = day.network.join(number);
  const heard: WorkDown[] = [];
  const record = await new Promise<AgreementRecord>((resolve, reject) => {
    const stop = peer.onDemand('wasi', ({ message: demand }) => {
      stop();
      const nowMs = day.clock.now();
      const proposal: Proposal = {
        job: demand.job,
        requestor: demand.requestor,
        provider: peer.identity.peer,
        addresses: [...peer.addresses()],
        payee: `0x${number.toString(16).padStart(40, '0')}` as Address,
        kind: 'wasi',
        pricePerUnit: PRICE_PER_UNIT,
        slots: 1,
        microUnitsPerSecond: 1_000_000,
        creditLimit: PRICE_PER_UNIT * BigInt(MICRO_UNITS_PER_TASK),
        cachedBytes: 0,
        issuedAt: nowMs,
        expiresAt: nowMs + 30_000,
      };
      negotiate({
        network: peer,
        clock: day.clock,
        demand,
        proposal,
        checkCover: async () => {},
        store: async () => {},
        signal: new AbortController().signal,
      }).then(resolve, reject);
    });
  });
  const to = { peer: record.agreement.requestor, addresses: [] };
  const channel: ProviderWorkChannel = dialerChannel(WORK, await peer.openStream(WORK, to));
  await channel.send({ type: 'hello', agreement: hello(record.digest), leases: [] });
  const rogue: Rogue = {
    onHeard: () => {},
    peer,
    agreement: record.agreement,
    digest: record.digest,
    channel,
    heard,
    greet: (digest) => {
      const said: WorkDown[] = [];
      void (async () => {
        const again: ProviderWorkChannel = dialerChannel(WORK, await peer.openStream(WORK, to));
        await again.send({ type: 'hello', agreement: digest, leases: [] });
        for await (const message of again.messages) said.push(message);
      })().catch(() => {});
      return said;
    },
    commit: (commit) => seal(peer.identity, 'kiln/commit/1', { ...commit, agreement: record.digest }),
  };
  void (async () => {
    for await (const message of channel.messages) {
      if (message.type === 'ping') void channel.send({ type: 'pong', nonce: message.nonce }).catch(() => {});
      heard.push(message);
      rogue.onHeard();
    }
  })().catch(() => {});
  return rogue;
}

/** What an eavesdropper has of somebody's work stream. */
export interface Overheard {
  readonly commits: Commit['entries'];
  readonly revealed: Revealed[];
  onHeard: () => void;
}

/** Everything that an honest provider says on its work streams from now on, as an eavesdropper would have it. */
export function eavesdrop({ peer }: Pick<DayProvider, 'peer'>): Overheard {
  const overheard: Overheard = { commits: [], revealed: [], onHeard: () => {} };
  const open = peer.openStream.bind(peer);
  peer.openStream = async (protocol, to, signal) => {
    const stream = await open(protocol, to, signal);
    if (protocol.id !== WORK.id) return stream;
    return {
      ...stream,
      peer: stream.peer,
      frames: stream.frames,
      close: () => stream.close(),
      abort: (error) => stream.abort(error),
      send: (frame) => {
        const message: WorkUp = decode(WORK.toListener, frame, MAX_WORK_FRAME_BYTES);
        if (message.type === 'commit') overheard.commits.push(...payloadOf(message.commit).entries);
        if (message.type === 'results') overheard.revealed.push(...message.entries);
        overheard.onHeard();
        return stream.send(frame);
      },
    };
  };
  return overheard;
}

function payloadOf(envelope: Envelope): Commit {
  return decode(commitSchema, envelope.payload, MAX_WORK_FRAME_BYTES);
}

/** Has a rogue commit to and reveal what it overheard from others, word by word: a provider that computes nothing. */
export function copyFrom(rogue: Rogue, victims: readonly Overheard[]): void {
  const said = new Set<WorkDown>();
  const copy = () => {
    for (const message of rogue.heard.filter((one) => !said.has(one))) {
      if (message.type !== 'lease' && message.type !== 'reveal') continue;
      const copied = sayCopied(rogue, message, victims);
      if (copied === undefined) continue;
      said.add(message);
      void rogue.channel.send(copied).catch(() => {});
    }
  };
  rogue.onHeard = copy;
  for (const victim of victims) victim.onHeard = copy;
  copy();
}

function sayCopied(
  rogue: Rogue,
  { type, lease, tasks }: Extract<WorkDown, { type: 'lease' | 'reveal' }>,
  victims: readonly Overheard[],
): WorkUp | undefined {
  const isMine = ({ task }: { task: number }) => tasks.includes(task);
  if (type === 'lease') {
    const entries = victims.flatMap(({ commits }) => commits.filter(isMine)).slice(0, 1);
    return entries.length === 0
      ? undefined
      : { type: 'commit', commit: rogue.commit({ lease, entries }), wallMs: 100 };
  }
  const entries = victims.flatMap(({ revealed }) => revealed.filter(isMine)).slice(0, 1);
  return entries.length === 0 ? undefined : { type: 'results', lease, entries };
}
