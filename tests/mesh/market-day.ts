import { Requestor } from '../../src/requestor/requestor.ts';
import { Provider } from '../../src/provider/provider.ts';
import type { ProviderRules } from '../../src/provider/view.ts';
import type { VoucherRecord } from '../../src/provider/records.ts';
import type { JobDraft, JobView, SubmitTerms } from '../../src/requestor/view.ts';
import { Cell } from '../../src/base/observable.ts';
import { seededRandom } from '../../src/base/random.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { chunkCid } from '../../src/base/cid.ts';
import type { Policy } from '../../src/protocol/policy.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { memoryStore } from '../../src/storage/memory-store.ts';
import type { Store } from '../../src/storage/store.ts';
import type { PaymentSession } from '../../src/requestor/slices.ts';
import { openRecords } from '../../src/kiln/receipts/open-records.ts';
import type { RecordsSlice } from '../../src/reputation/records-slice.ts';
import { FraudDesk } from '../../src/requestor/evidence/fraud-desk.ts';
import type { Crash } from './crash.ts';
import { FakeDevice } from './twins/fake-device.ts';
import { FakeSandbox, type FakeSandboxOptions } from './twins/fake-sandbox.ts';
import { ManualClock } from './twins/manual-clock.ts';
import { MemoryChain } from './twins/memory-chain.ts';
import { MemoryNetwork, type MemoryPeer } from './twins/memory-network.ts';

/** Price of one unit of work in these tests, and work of one task: 0.01 units. */
export const PRICE_PER_UNIT = 1_000_000n;
export const MICRO_UNITS_PER_TASK = 10_000;
/** Speed of a device here: a task states 100 ms of its time. */
const SCORE = 100_000;
/** What one accepted result earns. */
export const TASK_PRICE = 10_000n;
export const PAYER: Address = '0x00000000000000000000000000000000000000aa';
export const QUORUM_2: Policy = { kind: 'quorum', need: 2, limit: 4, auditRate: 0 };

/** One provider of a market day. */
export interface DayProvider {
  readonly provider: Provider;
  readonly peer: MemoryPeer;
  readonly sandbox: FakeSandbox;
  readonly store: Store;
  readonly payee: Address;
  readonly device: FakeDevice;
  /** Whether somebody uses the machine, as the test says. */
  readonly activity: { readonly isInUse: Cell<boolean> };
}

/** One requestor of a market day. */
export interface DayRequestor {
  readonly requestor: Requestor;
  readonly peer: MemoryPeer;
  readonly sandbox: FakeSandbox;
  readonly fraud: FraudDesk;
}

/** A whole market in one process, in time that the test moves. */
export class MarketDay implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly network = new MemoryNetwork(this.clock, 5);
  readonly chain = new MemoryChain(this.clock);
  readonly requestorStore = memoryStore();
  readonly providers: Provider[] = [];
  readonly sessions = new Map<string, PaymentSession>();
  readonly #running: AsyncDisposable[] = [];
  #number = 1;

  constructor() {
    // As if every provider watched the chain's events.
    this.chain.onAlarm = (alarm) => this.providers.forEach((provider) => provider.heed(alarm));
  }

  /**
   * A provider that lends one slot, honest unless told otherwise; `like` is one that comes back after a reload. With
   * records it shows its own and reads those of others.
   */
  async provider(
    options: Partial<FakeSandboxOptions> = {},
    rules: Partial<ProviderRules> = {},
    { like, hasRecords }: { readonly like?: DayProvider; readonly hasRecords?: boolean } = {},
  ): Promise<DayProvider> {
    const number = like === undefined ? ++this.#number : Number(like.payee);
    const peer = this.network.join(number);
    const sandbox = new FakeSandbox({ clock: this.clock, microUnitsPerSecond: SCORE, ...options });
    const store = like?.store ?? memoryStore();
    const device = new FakeDevice();
    const activity = { isInUse: new Cell(false) };
    const payee: Address = `0x${number.toString(16).padStart(40, '0')}`;
    const records = hasRecords === true ? await this.#records(peer, store) : {};
    const provider = new Provider({
      ...records,
      network: peer,
      sandbox,
      chain: this.chain,
      home: { chainId: this.chain.chainId, pool: this.chain.pool },
      agreements: store.collection('agreements'),
      vouchers: store.collection('vouchers'),
      reputation: store.collection('reputation'),
      receipts: store.collection('receipts'),
      disputes: store.collection('disputes'),
      works: store.collection('works'),
      clock: this.clock,
      random: seededRandom(number),
      device,
      activity,
    });
    this.#running.push(provider);
    this.providers.push(provider);
    await provider.resume();
    await provider.start({
      kinds: ['wasi'],
      cpuSlots: options.slots ?? 1,
      pricePerUnit: { wasi: PRICE_PER_UNIT, wgsl: PRICE_PER_UNIT, onnx: PRICE_PER_UNIT },
      payee,
      creditLeases: 3,
      blockedRequestors: [],
      ...rules,
    });
    return { provider, peer, sandbox, store, payee, device, activity };
  }

  /**
   * The requestor of this day; called again it is the same one after a reload of its tab. Another number makes another
   * one, with a store of its own.
   */
  async requestor({
    crash,
    number = 1,
    hasRecords = false,
    ...options
  }: Partial<FakeSandboxOptions> & {
    crash?: Crash;
    number?: number;
    hasRecords?: boolean;
  } = {}): Promise<DayRequestor> {
    const peer = this.network.join(number);
    const sandbox = new FakeSandbox({ clock: this.clock, ...options });
    const own = number === 1 ? this.requestorStore : memoryStore();
    const store = crash?.store(own) ?? own;
    const fraud = new FraudDesk({
      network: peer,
      sandbox,
      clock: this.clock,
      fraud: own.collection('fraud'),
      reputation: own.collection('reputation'),
      agreements: own.collection('agreements'),
    });
    this.#running.push(fraud);
    await fraud.start();
    const requestor = new Requestor({
      ...(hasRecords ? await this.#records(peer, own) : {}),
      network: peer,
      sandbox,
      clock: crash?.clock(this.clock) ?? this.clock,
      random: seededRandom(1),
      jobs: store.collection('jobs'),
      results: store.collection('results'),
      agreements: store.collection('agreements'),
      ledgers: store.collection('ledgers'),
      receipts: store.collection('receipts'),
      disputes: store.collection('disputes'),
      reputation: store.collection('reputation'),
      // Never a step at which a process may die: no money hangs on it.
      traces: own.collection('traces'),
      fraud,
      pin: (owner, cids) => store.chunks.pin(owner, cids),
      unpin: (owner) => store.chunks.unpin(owner),
      reopenSession: async ({ sessionKey }) => this.sessions.get(sessionKey)!,
    });
    this.#running.push({
      [Symbol.asyncDispose]: async () => void (crash?.isDead || (await requestor[Symbol.asyncDispose]())),
    });
    await requestor.start();
    return { requestor, peer, sandbox, fraud };
  }

  /** Deposits and opens a session key. */
  session(cap: bigint, deposit = cap): PaymentSession {
    const session = this.chain.openSession({ payer: PAYER, deposit, cap });
    this.sessions.set(session.terms.sessionKey, session);
    return session;
  }

  /** Submits a job of so many tasks. */
  async submit(
    requestor: Requestor,
    tasks: number,
    policy: Policy = QUORUM_2,
    session = this.session(10n ** 9n),
    more: Partial<SubmitTerms> = {},
  ): Promise<string> {
    const draft = await makeDraft(tasks, policy);
    const terms: SubmitTerms = {
      budget: session.cap,
      priceCeiling: PRICE_PER_UNIT,
      microUnitsPerTask: MICRO_UNITS_PER_TASK,
      seats: 8,
      ...more,
    };
    const job = await requestor.submit(draft, terms, async () => session);
    await this.clock.settle();
    return job;
  }

  /** Moves time until the job has ended. */
  async untilEnded(requestor: Requestor, job: string, limitMs = 600_000): Promise<JobView> {
    await this.clock.runUntil(
      () => viewOf(requestor, job)?.status !== 'running' && viewOf(requestor, job) !== undefined,
      limitMs,
    );
    await this.clock.advance(1_000);
    return viewOf(requestor, job)!;
  }

  /** Redeems all vouchers of a provider; the result is what it was paid. */
  async redeem({ store }: DayProvider): Promise<bigint> {
    let paid = 0n;
    for (const [, { voucher, proofs = [] }] of await store.collection<VoucherRecord>('vouchers').entries()) {
      for (const proof of [...proofs, undefined]) paid += await this.chain.redeem(voucher, proof);
    }
    return paid;
  }

  async #records({ identity, blobs }: MemoryPeer, store: Store): Promise<{ records: RecordsSlice }> {
    const fraud = { conviction: () => undefined };
    const { desk, slice } = await openRecords({
      identity,
      blobs,
      store,
      chain: this.chain,
      fraud,
      clock: this.clock,
    });
    this.#running.push(desk);
    return { records: slice };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#running.reverse()) await one[Symbol.asyncDispose]();
    this.clock[Symbol.dispose]();
  }
}

/** The newest view of a job. */
export function viewOf(requestor: Requestor, job: string): JobView | undefined {
  return requestor.view.value.find((view) => view.job === job);
}

/** A small WASI job; the twin sandbox does not run its program, but everybody fetches it. */
export async function makeDraft(tasks: number, policy: Policy): Promise<JobDraft> {
  const program = utf8('not a real program: the twin computes a pure function instead');
  const module = { cid: await chunkCid(program), bytes: program.byteLength };
  return {
    manifest: {
      version: 1,
      name: 'mesh job',
      program: { kind: 'wasi', module, args: [], env: {}, files: {}, outputs: ['stdout'] },
      split: { by: 'range', name: 'n', from: 0, to: tasks, step: 1 },
      limits: {},
      comparator: { class: 'exact' },
      policy,
      deliverable: { kind: 'files' },
    },
    blobs: [program],
  };
}
