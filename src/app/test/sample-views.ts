import type { Demand, Offer } from '../../protocol/announce.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import type { ProviderRules, ProviderView } from '../../provider/view.ts';
import type { JobProviderView, JobView, TaskPhase } from '../../requestor/view.ts';
import type { BoardView, ConnectionView, NetworkConfig } from '../../kiln/kiln.ts';

/** A thousandth of a token. */
export const MILLI = 10n ** 15n;
export const MINUTE_MS = 60_000;

export const SAMPLE_PEER = '12D3KooWQYV9dGMFoRzNStwpXztXaBUjtPqi6aU76ZgUriHhKust';
export const OTHER_PEER = '12D3KooWBmAwcd4PJNJvfV89HwE48nwkRmAgo8Vy3uQEyNNHBox2';
export const THIRD_PEER = '12D3KooWHFrmLWTTDD4NodngtRMEVYgxrsDMp4F9iSwYntZ9WjHa';
export const SAMPLE_ADDRESS = '0x8ba1f109551bD432803012645Ac136ddd64DBA72';
export const OTHER_ADDRESS = '0xAb5801a7D398351b8bE11C439e05C5B3259aeC9B';
export const SAMPLE_JOB = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const TABLE_JOB = 'bafkreidgvpkjawlxz6sffxzwgooowe5yt7i6wsyg236mfoks77nywkptdq';

export const SAMPLE_CONFIG: NetworkConfig = {
  relays: ['/ip4/127.0.0.1/tcp/4001/ws'],
  chain: {
    id: 31_337,
    name: 'Local chain',
    rpcUrl: 'http://127.0.0.1:8545',
    token: SAMPLE_ADDRESS,
    pool: OTHER_ADDRESS,
    tokenSymbol: 'tGLM',
    hasFaucet: true,
  },
};

export const SAMPLE_CONNECTION: ConnectionView = {
  peer: SAMPLE_PEER,
  state: 'online',
  relays: [{ address: '/ip4/127.0.0.1/tcp/4001/ws', isConnected: true }],
  peers: [
    { peer: OTHER_PEER, transport: 'webrtc' },
    { peer: THIRD_PEER, transport: 'relay' },
  ],
};

export const SAMPLE_RULES: ProviderRules = {
  kinds: ['wasi', 'wgsl'],
  cpuSlots: 2,
  pricePerUnit: { wasi: 27_777_777_777_778n, wgsl: 138_888_888_888_889n, onnx: 27_777_777_777_778n },
  payee: SAMPLE_ADDRESS,
  creditLeases: 3,
  blockedRequestors: [],
};

export const PROVIDER_OFF: ProviderView = {
  status: 'off',
  isHeldBack: false,
  kinds: [],
  scores: {},
  slots: { total: 0, busy: 0 },
  running: [],
  agreements: [],
  passed: [],
  tasksAccepted: 0,
  earned: 0n,
};

/** A provider in the middle of two jobs. */
export function providerWorking(nowMs: number): ProviderView {
  return {
    status: 'working',
    rules: SAMPLE_RULES,
    isHeldBack: false,
    kinds: [
      {
        kind: 'wasi',
        state: 'free',
        score: 1_240_000,
        measuredAtMs: nowMs - 4 * MINUTE_MS,
        pricePerUnit: SAMPLE_RULES.pricePerUnit.wasi,
        slots: { total: 2, free: 2 },
      },
      {
        kind: 'wgsl',
        state: 'working',
        score: 870_000,
        measuredAtMs: nowMs - 4 * MINUTE_MS,
        pricePerUnit: SAMPLE_RULES.pricePerUnit.wgsl,
        slots: { total: 1, free: 0 },
      },
    ],
    scores: { wasi: 1_240_000, wgsl: 870_000 },
    slots: { total: 3, busy: 2 },
    running: [
      { job: SAMPLE_JOB, task: 7, done: 0.62 },
      { job: TABLE_JOB, task: 130, done: 0.18 },
    ],
    agreements: [
      {
        digest: 'a'.repeat(64),
        requestor: OTHER_PEER,
        job: SAMPLE_JOB,
        jobName: 'Clay workshop',
        kind: 'wgsl',
        state: 'working',
        tasksDelivered: 9,
        tasksAccepted: 8,
        tasksRejected: 0,
        tasksHeld: 2,
        held: 20_000_000_000_000_000n,
        earned: 12n * MILLI,
      },
      {
        digest: 'b'.repeat(64),
        requestor: THIRD_PEER,
        job: TABLE_JOB,
        jobName: 'Logistic map sweep',
        kind: 'wasi',
        state: 'ended',
        tasksDelivered: 131,
        tasksAccepted: 130,
        tasksRejected: 1,
        tasksHeld: 0,
        held: 0n,
        earned: 4n * MILLI + 321n,
        endReason: 'the job is done',
        receiptFault: 'It counts 9 tasks; 130 were paid.',
      },
    ],
    passed: [
      {
        job: 'bafkreia',
        name: 'Protein sweep',
        requestor: THIRD_PEER,
        kind: 'wasi',
        priceCeiling: 11_111_111_111_111n,
        reasons: [
          {
            code: 'price-too-low',
            property: 'kiln.price',
            text: 'price 150 % above what the job pays',
            by: 'provider',
          },
        ],
        atMs: nowMs - 2 * MINUTE_MS,
      },
    ],
    tasksAccepted: 138,
    earned: 16n * MILLI + 321n,
  };
}

const common = {
  version: 1 as const,
  limits: {},
  comparator: { class: 'exact' as const },
  policy: { kind: 'quorum' as const, need: 2, limit: 4, auditRate: 0 },
};
const INPUT = { cid: SAMPLE_JOB, bytes: 1 };

/** A film of the given number of small frames. */
export function filmManifest(frames: number): Manifest {
  return {
    ...common,
    name: 'Clay workshop',
    description: 'A path-traced animation.',
    program: {
      kind: 'wgsl',
      shaders: { main: INPUT },
      buffers: { film: { usage: 'storage', bytes: 4 } },
      uniforms: [],
      passes: [{ shader: 'main', entry: 'main', workgroups: [1, 1, 1], bindings: { '0': 'film' } }],
      outputs: { 'frame.rgba': { buffer: 'film', element: 'u8' } },
    },
    split: { by: 'range', name: 'frame', from: 0, to: frames, step: 1 },
    deliverable: { kind: 'video', path: 'frame.rgba', width: 160, height: 90, framesPerSecond: 12 },
  };
}

/** A sweep of the given number of intervals. */
export function tableManifest(tasks: number): Manifest {
  return {
    ...common,
    name: 'Logistic map sweep',
    program: { kind: 'wasi', module: INPUT, args: [], env: {}, files: {}, outputs: ['stdout'] },
    split: { by: 'range', name: 'i', from: 0, to: tasks, step: 1 },
    deliverable: {
      kind: 'table',
      path: 'stdout',
      columns: ['r', 'x'],
      plot: { x: 'r', y: 'x', style: 'points' },
    },
  };
}

const PROVIDERS: readonly JobProviderView[] = [
  {
    peer: OTHER_PEER,
    payee: SAMPLE_ADDRESS,
    state: 'working',
    executions: 15,
    tasksPaid: 13,
    paid: 21n * MILLI,
    msPerTask: 4_210,
    pricePerUnit: 10n ** 14n,
  },
  {
    peer: THIRD_PEER,
    payee: OTHER_ADDRESS,
    state: 'banned',
    executions: 2,
    tasksPaid: 0,
    paid: 0n,
    msPerTask: 310,
    pricePerUnit: 10n ** 13n,
  },
];

/** A job part of the way, with one result rejected. */
export function sampleJob(manifest: Manifest, phases: readonly TaskPhase[], nowMs: number): JobView {
  return {
    job: manifest.deliverable.kind === 'video' ? SAMPLE_JOB : TABLE_JOB,
    manifest,
    status: 'running',
    phases,
    provisional: phases.filter((phase) => phase === 'provisional').length,
    refused: [],
    verified: phases.filter((phase) => phase === 'verified').length,
    executions: 17,
    providers: PROVIDERS,
    rejected: [
      {
        task: 3,
        peer: THIRD_PEER,
        reason: 'differs from two agreeing results (mean error 41.7, allowed 0.5)',
      },
    ],
    budget: 250n * MILLI,
    spent: 21n * MILLI,
    pricePerTaskCeiling: 3n * MILLI,
    createdAtMs: nowMs - 2 * MINUTE_MS,
    firstResultAtMs: nowMs - 110_000,
    etaMs: 94_000,
  };
}

const OFFER: Offer = {
  provider: OTHER_PEER,
  addresses: [],
  payee: SAMPLE_ADDRESS,
  chainId: 31_337,
  kinds: [
    { kind: 'wasi', microUnitsPerSecond: 1_240_000, pricePerUnit: 27_777_777_777_778n },
    { kind: 'wgsl', microUnitsPerSecond: 870_000, pricePerUnit: 138_888_888_888_889n },
  ],
  slots: { total: 3, free: 1 },
  gpu: 'Example GPU 9000',
  memoryBytes: 8 * 2 ** 30,
  issuedAt: 0,
  expiresAt: 0,
};

const DEMAND: Demand = {
  requestor: THIRD_PEER,
  addresses: [],
  job: SAMPLE_JOB,
  name: 'Clay workshop',
  kind: 'wgsl',
  requirements: {},
  microUnitsPerTask: 4_000_000,
  tasksLeft: 17,
  seats: { total: 4, filled: 2 },
  priceCeiling: 200_000_000_000_000n,
  policy: common.policy,
  comparator: common.comparator,
  payment: { chainId: 31_337, pool: OTHER_ADDRESS, payer: SAMPLE_ADDRESS, sessionKey: OTHER_ADDRESS },
  blobs: [],
  issuedAt: 0,
  expiresAt: 0,
};

export const SAMPLE_BOARD: BoardView = { offers: [OFFER], demands: [DEMAND] };
