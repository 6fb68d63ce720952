import { expect, test, vi } from 'vitest';
import type { Collection } from '../../base/collection.ts';
import { encode } from '../../protocol/codec.ts';
import { seal } from '../../protocol/envelope.ts';
import { PROVIDER, REQUESTOR } from '../../protocol/messages.fixture.ts';
import { MAX_TRACE_RUNS, standingOf, taskTraceSchema } from '../../protocol/task-trace.ts';
import { validate } from '../../protocol/codec.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import type { Clock } from '../../base/time.ts';
import type { TaskHappening } from '../results/task-events.ts';
import { type StoredTrace, TraceBook } from './trace-book.ts';

const JOB = 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy';
const DIGEST = 'ab'.repeat(32);
const PAYEE = `0x${'1'.repeat(40)}` as const;
const COMMIT = seal(PROVIDER, 'kiln/commit/1', {});
const peer = PROVIDER.peer;

/** A clock that stands still; what was to come later is called by `fire`. */
function stillClock() {
  const due: (() => void)[] = [];
  const clock: Clock = {
    now: () => 1_000,
    after: (_, callback) => {
      due.push(callback);
      return () => void due.splice(due.indexOf(callback), 1);
    },
  };
  return { clock, due, fire: () => due.splice(0).forEach((callback) => callback()) };
}

const leased = (lease: string): TaskHappening => ({
  type: 'leased',
  lease,
  peer,
  payee: PAYEE,
  agreement: DIGEST,
  cause: 'work',
});
const delivered = (lease: string): TaskHappening[] => [
  { type: 'committed', lease, peer, commitment: new Uint8Array(32), commit: COMMIT, wallMs: 5 },
  { type: 'reveal-asked', lease, peer, withBytes: true },
  { type: 'revealed', lease, peer, digest: DIGEST, nonce: new Uint8Array(16), exit: { kind: 'ok' } },
];
const settled = (lease: string): TaskHappening => ({
  type: 'settled',
  canonical: lease,
  digest: DIGEST,
  result: { exit: { kind: 'ok' }, outputs: [], numericClass: DIGEST },
  supporters: [peer],
  isReplacing: false,
});

function open(store = memoryStore().collection<StoredTrace>('traces'), isResumed = false) {
  const { clock, ...timer } = stillClock();
  const book = new TraceBook(JOB, store, clock, isResumed);
  const tell = (task: number, ...happenings: TaskHappening[]) =>
    happenings.forEach((one) => book.onTask({ ...one, task, atMs: clock.now() }));
  return { book, store, tell, ...timer };
}

test('a trace is read while it is in memory, and after it went to the store', async () => {
  const { book, tell } = open();
  tell(7, leased('a'), ...delivered('a'), settled('a'));
  expect(standingOf((await book.trace(7))!)).toBe('provisional');
  tell(7, { type: 'verdict', lease: 'a', peer, outcome: 'accepted' }, { type: 'released', reason: 'ok' });
  book.onForgotten(7);
  await book.flush();
  const trace = (await book.trace(7))!;
  expect(validate(taskTraceSchema, trace)).toEqual(trace);
  expect(trace).toMatchObject({
    runs: [{ lease: 'a', commit: 'a.7', verdicts: [{ outcome: 'accepted' }] }],
    steps: [{ kind: 'settled' }, { kind: 'released', reason: 'ok' }],
    result: { outputs: [] },
  });
  expect(trace.result).not.toHaveProperty('numericClass');
  expect((await book.all()).commits).toEqual({ 'a.7': COMMIT });
});

test('happenings of one turn are written together, what can wait half a second later', async () => {
  const inner = memoryStore().collection<StoredTrace>('traces');
  const puts: string[] = [];
  const store: Collection<StoredTrace> = {
    ...inner,
    get: (key) => inner.get(key),
    delete: (key) => inner.delete(key),
    entries: (prefix) => inner.entries(prefix),
    put: async (key, value) => {
      puts.push(key);
      await inner.put(key, value);
    },
  };
  const { book, tell, due, fire } = open(store);
  for (let task = 0; task < 5; task++) tell(task, leased('a'));
  expect(due).toHaveLength(1);
  await Promise.resolve();
  expect(puts).toEqual([]);
  fire();
  await book.flush();
  expect(puts.splice(0)).toHaveLength(5);
  for (let task = 0; task < 5; task++) tell(task, ...delivered('a'), settled('a'));
  expect(due).toEqual([]); // evidence and decisions do not wait
  await vi.waitFor(() => expect(puts).toHaveLength(6));
  await book.flush();
  expect(puts).toHaveLength(6); // five tasks and the one envelope that they share
});

test('what comes after a task went to the store is added to it, after a reload too', async () => {
  const { book, store, tell } = open();
  tell(1, leased('a'), ...delivered('a'), settled('a'));
  book.onForgotten(1);
  await book.flush();
  tell(1, { type: 'rechecked', reason: 'by lot' }, leased('b'));
  expect((await book.trace(1))!.runs.map(({ lease }) => lease)).toEqual(['a', 'b']);
  await book[Symbol.asyncDispose]();

  const resumed = open(store, true);
  resumed.tell(1, { type: 'verdict', lease: 'a', peer, outcome: 'accepted' });
  resumed.tell(2, leased('c'));
  resumed.book.onForgotten(1);
  const { traces } = await resumed.book.all();
  expect(traces.map(({ task, runs }) => [task, runs.length])).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(traces[0]!.runs[0]!.verdicts).toHaveLength(1);
});

test('a task that is over without a word has its reason made of what is known', async () => {
  const { book, tell } = open();
  for (const lease of ['a', 'b'])
    tell(0, leased(lease), ...delivered(lease), { type: 'verdict', lease, peer, outcome: 'accepted' });
  tell(0, settled('a'));
  tell(1, settled('own'), { type: 'own-result', digest: DIGEST });
  tell(2, leased('c'), settled('c'), { type: 'judged', lease: 'c', outcome: 'right' });
  tell(3, leased('d'), settled('d'));
  tell(4, { type: 'failed', reason: 'nobody could' });
  for (let task = 0; task < 5; task++) book.onForgotten(task);
  const { traces } = await book.all();
  expect(traces.map(({ steps }) => steps.at(-1))).toMatchObject([
    { kind: 'released', reason: '2 results agree' },
    { kind: 'released', reason: 'this device computed it too' },
    { kind: 'released', reason: 'the verifier of the job found it right' },
    { kind: 'released', reason: 'the check policy asks for no more' },
    { kind: 'failed' },
  ]);
});

test('a trace stays bounded, and small once its task counts for good', async () => {
  const { book, tell } = open();
  for (let i = 0; i < 500; i++) {
    const lease = `l${i}`;
    tell(0, leased(lease), { type: 'void', lease, peer, how: 'lost', reason: 'late '.repeat(100) });
    tell(0, { type: 'compared', a: lease, b: 'own', agrees: true }, { type: 'rechecked', reason: 'x' });
    tell(0, { type: 'verdict', lease: 'l499', peer, outcome: 'inconclusive' });
  }
  tell(0, leased('z'), ...delivered('z'), settled('z'));
  const busy = (await book.trace(0))!;
  expect(busy.runs).toHaveLength(MAX_TRACE_RUNS);
  expect(validate(taskTraceSchema, busy)).toEqual(busy);
  expect(encode(busy).byteLength).toBeLessThan(24_000);
  book.onForgotten(0);
  const [trace] = (await book.all()).traces;
  expect(trace!.runs.map(({ lease }) => lease)).toContain('z');
  expect(trace!.omitted).toBeGreaterThan(450);
  expect(encode(trace!).byteLength).toBeLessThan(6_000);
});

test('what the store refuses is kept and written later', async () => {
  const inner = memoryStore().collection<StoredTrace>('traces');
  let isFull = true;
  const store: Collection<StoredTrace> = {
    get: (key) => inner.get(key),
    delete: (key) => inner.delete(key),
    entries: (prefix) => inner.entries(prefix),
    put: (key, value) => (isFull ? Promise.reject(new Error('full')) : inner.put(key, value)),
  };
  const { book, tell } = open(store);
  tell(0, leased('a'), ...delivered('a'), settled('a'));
  book.onCaught({ peer, reason: 'lied', atMs: 5, task: 0 });
  await book.flush();
  isFull = false;
  const all = await book.all();
  expect(all.traces).toHaveLength(1);
  expect(Object.keys(all.commits)).toEqual(['a.0']);
  expect(all.caught).toEqual([{ peer, reason: 'lied', atMs: 5, task: 0 }]);
});

test('evidence stays out of the store of bans, and other jobs out of each other', async () => {
  const { book, store } = open();
  await store.put('other/task/0000000', {
    kind: 'task',
    trace: { task: 0, runs: [], checks: [], steps: [], omitted: 0 },
  });
  const result = { exit: { kind: 'ok' as const }, outputs: [] };
  const evidence = { agreement: DIGEST, commit: COMMIT, nonce: new Uint8Array(16), claimed: DIGEST, result };
  book.onCaught({ peer: REQUESTOR.peer, reason: 'lied', atMs: 5, evidence });
  expect(await book.all()).toEqual({
    traces: [],
    commits: {},
    caught: [{ peer: REQUESTOR.peer, reason: 'lied', atMs: 5 }],
    setAside: [],
  });
  await book.dropAll();
  expect((await store.entries()).map(([key]) => key)).toEqual(['other/task/0000000']);
});
