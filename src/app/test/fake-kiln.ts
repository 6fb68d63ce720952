import { Cell } from '../../base/observable.ts';
import type { Bytes } from '../../base/bytes.ts';
import type { BoardView, ConnectionView, DeliverableFile, Kiln } from '../../kiln/kiln.ts';
import type { FraudView, OwnRecordView } from '../../kiln/receipts/record-view.ts';
import { newGroupKey } from '../../market/match/group-key.ts';
import type { WalletView } from '../../kiln/wallet/wallet-view.ts';
import type { ActivityView, ProviderView } from '../../provider/view.ts';
import type { TaskTrace } from '../../protocol/task-trace.ts';
import type { JobView, TryOut } from '../../requestor/view.ts';
import { EMPTY_RECORD } from './sample-record.ts';
import { SAMPLE_REPORT } from './sample-report.ts';
import {
  PROVIDER_OFF,
  SAMPLE_BOARD,
  SAMPLE_CONFIG,
  SAMPLE_CONNECTION,
  SAMPLE_RULES,
} from './sample-views.ts';
import { sampleWallet } from './sample-wallet.ts';

/** A Kiln that computes nothing: its views are set by the test, and every call to it is written down. */
export interface FakeKiln extends Kiln {
  readonly connection: Cell<ConnectionView>;
  readonly board: Cell<BoardView>;
  readonly provider: Kiln['provider'] & { readonly view: Cell<ProviderView> };
  readonly requestor: Kiln['requestor'] & { readonly jobs: Cell<readonly JobView[]> };
  readonly record: Kiln['record'] & {
    readonly view: Cell<OwnRecordView>;
    readonly proofs: Cell<readonly FraudView[]>;
  };
  readonly wallet: Kiln['wallet'] & { readonly view: Cell<WalletView> };
  /** What `requestor.trace` answers, by task. */
  readonly traces: Map<number, TaskTrace>;
  /** Names of the methods called so far, in order: `provider.start`. */
  readonly calls: string[];
  /** Makes the next call of a method reject. */
  failNext(method: string, error: Error): void;
  /** Tells the listeners of a job that a task was verified. */
  verify(task: number): void;
}

/** A film frame whose colour tells its task. */
export function sampleFrame(task: number, width = 160, height = 90): Bytes {
  const pixels = new Uint8Array(width * height * 4);
  for (let i = 0; i < pixels.length; i += 4) {
    const x = (i / 4) % width;
    const y = Math.floor(i / 4 / width);
    const warmth = Math.hypot(x - width / 2 - task * 2, y - height / 2) / width;
    pixels.set([255 * (1 - warmth), 130 * (1 - warmth), 60 + task * 6, 255], i);
  }
  return pixels;
}

const SAMPLE_GPU = {
  name: 'SwiftShader Device',
  isSoftware: true,
  numericClass: '5e'.repeat(32),
};

/** Builds a {@link FakeKiln}; lending is off and there are no jobs. */
export function fakeKiln(files: readonly DeliverableFile[] = [], tryOut: Partial<TryOut> = {}): FakeKiln {
  const calls: string[] = [];
  const failures = new Map<string, Error>();
  const traces = new Map<number, TaskTrace>();
  const listeners = new Set<(task: number) => void>();
  const provider = new Cell<ProviderView>(PROVIDER_OFF);
  const activity = new Cell<ActivityView>({ isInUse: false, sees: 'page', canAsk: true });
  const jobs = new Cell<readonly JobView[]>([]);
  const record = new Cell<OwnRecordView>(EMPTY_RECORD);
  const proofs = new Cell<readonly FraudView[]>([]);
  const wallet = new Cell<WalletView>(sampleWallet(Date.now()));

  async function called<T>(method: string, result: () => T): Promise<T> {
    calls.push(method);
    const failure = failures.get(method);
    failures.delete(method);
    if (failure !== undefined) throw failure;
    return result();
  }

  return {
    calls,
    traces,
    failNext: (method, error) => void failures.set(method, error),
    verify: (task) => listeners.forEach((listener) => listener(task)),
    config: SAMPLE_CONFIG,
    connection: new Cell(SAMPLE_CONNECTION),
    board: new Cell(SAMPLE_BOARD),
    newGroupKey: () => newGroupKey(new Uint8Array(32).fill(15)),
    provider: {
      view: provider,
      gpu: new Cell(SAMPLE_GPU),
      activity,
      watchMachine: () =>
        called('provider.watchMachine', () =>
          activity.set({ ...activity.value, sees: 'machine', canAsk: false }),
        ),
      start: (rules) =>
        called('provider.start', () => provider.set({ ...PROVIDER_OFF, status: 'idle', rules })),
      setRules: (rules) => called('provider.setRules', () => provider.set({ ...provider.value, rules })),
      stop: () => called('provider.stop', () => provider.set(PROVIDER_OFF)),
      suggestRules: () => called('provider.suggestRules', () => provider.value.rules ?? SAMPLE_RULES),
    },
    requestor: {
      jobs,
      tryOut: (draft, task) =>
        called('requestor.tryOut', () => {
          const { deliverable } = draft.manifest;
          const bytes =
            deliverable.kind === 'video'
              ? sampleFrame(task, deliverable.width, deliverable.height)
              : new TextEncoder().encode('1,2\n3,4\n');
          const path = deliverable.kind === 'files' ? 'stdout' : deliverable.path;
          return {
            task,
            wallMs: 4_210,
            microUnitsPerTask: 4_000_000,
            exit: 'ok',
            outputs: [{ path, bytes }],
            complaint: '',
            lastCalls: [],
            ...tryOut,
          };
        }),
      explainMatch: () => ({
        offers: 3,
        matching: 3,
        reasons: [],
        remedies: [],
        text: '3 providers are on the board and all match.',
      }),
      explainJob: () => ({ report: SAMPLE_REPORT, priceCeiling: 10n ** 14n, seats: 4 }),
      estimate: () => ({ pricePerUnit: 138_888_888_888_889n, total: 27n * 10n ** 15n, providers: 3 }),
      submit: (draft, terms) =>
        called('requestor.submit', () => {
          void terms;
          return `job-of-${draft.manifest.name.length}`;
        }),
      raiseCeiling: () => called('requestor.raiseCeiling', () => undefined),
      cancel: () => called('requestor.cancel', () => undefined),
      remove: () => called('requestor.remove', () => undefined),
      outputs: (job, task) =>
        called('requestor.outputs', () => {
          const manifest = jobs.value.find((each) => each.job === job)?.manifest;
          if (manifest?.deliverable.kind === 'table') {
            const r = 2.5 + task / 100;
            return [
              { path: 'stdout', bytes: new TextEncoder().encode(`${r},${1 - 1 / r}\n${r},${1 / r}\n`) },
            ];
          }
          return [{ path: 'frame.rgba', bytes: sampleFrame(task) }];
        }),
      trace: (_job, task) => called('requestor.trace', () => traces.get(task)),
      runRecord: () => called('requestor.runRecord', () => new Uint8Array([1, 2, 3])),
      onVerified: (_job, listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      assemble: () => called('requestor.assemble', () => files),
    },
    record: {
      view: record,
      proofs,
      renew: () => called('record.renew', () => undefined),
      proofFile: (digest) => {
        calls.push(`record.proofFile ${digest.slice(0, 4)}`);
        return new Uint8Array([1, 2, 3]);
      },
      export: () => called('record.export', () => new Uint8Array([1, 2, 3])),
      import: (bytes) => called('record.import', () => bytes.byteLength),
    },
    wallet: {
      view: wallet,
      useEmbedded: () => called('wallet.useEmbedded', () => undefined),
      useKept: () => called('wallet.useKept', () => undefined),
      useInjected: () => called('wallet.useInjected', () => undefined),
      switchChain: () => called('wallet.switchChain', () => undefined),
      exportEmbedded: (_passphrase, { onProgress }) =>
        called('wallet.exportEmbedded', () => {
          onProgress?.(1);
          return { name: 'UTC--sample.json', text: '{}' };
        }),
      importEmbedded: () => called('wallet.importEmbedded', () => undefined),
      refresh: () => called('wallet.refresh', () => undefined),
      faucet: () => called('wallet.faucet', () => undefined),
      redeem: () => called('wallet.redeem', () => ({ paid: 12n * 10n ** 15n })),
      deposit: (amount) => called(`wallet.deposit ${amount}`, () => undefined),
      revoke: (sessionKey) => called(`wallet.revoke ${sessionKey}`, () => undefined),
      thaw: () => called('wallet.thaw', () => undefined),
      withdraw: () => called('wallet.withdraw', () => undefined),
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
