import type { Cid } from '../../base/cid.ts';
import type { Collection } from '../../base/collection.ts';
import type { Clock } from '../../base/time.ts';
import type { Envelope } from '../../protocol/envelope.ts';
import type { TaskTrace } from '../../protocol/task-trace.ts';
import type { Caught, SetAside, TaskObserver, TaskTraceEvent } from '../results/task-events.ts';
import { addHappening, closeTrace, compactTrace, newTrace } from './add-happening.ts';

/** One entry of the store, under a key that begins with the job. */
export type StoredTrace =
  | { readonly kind: 'task'; readonly trace: TaskTrace }
  | { readonly kind: 'commit'; readonly id: string; readonly envelope: Envelope }
  | { readonly kind: 'caught'; readonly caught: Omit<Caught, 'evidence'> }
  | { readonly kind: 'set-aside'; readonly setAside: SetAside };

/** How long happenings are gathered before they are written: a task has several of them in that time. */
const WRITE_DELAY_MS = 500;
/** What can wait so long; evidence and decisions are on their way before the result that they are about is stored. */
const IS_PATIENT: ReadonlySet<TaskTraceEvent['type']> = new Set([
  'leased',
  'committed',
  'reveal-asked',
  'void',
]);
/** Tasks written before the page gets a turn: a transaction of these takes about 25 ms. */
const WRITES_AT_ONCE = 500;

/** A task whose trace is in memory. `trace` is absent while what an earlier tab wrote has not been read yet. */
interface Open {
  trace: TaskTrace | undefined;
  readonly waiting: (TaskTraceEvent | { readonly forgottenAtMs: number })[];
  isOver: boolean;
}

/**
 * Writes down what happens to the tasks of a job: in memory while a task is open, in the store soon after. Listening costs
 * some microseconds; nothing waits for the store. What a killed tab has not written is completed from the stored results
 * ({@link completeTrace}).
 */
export class TraceBook implements TaskObserver, AsyncDisposable {
  readonly #job: Cid;
  readonly #store: Collection<StoredTrace>;
  readonly #clock: Clock;
  readonly #open = new Map<number, Open>();
  /** Tasks whose traces are in the store and not in memory; all of them may be after a reload. */
  readonly #closed = new Set<number>();
  readonly #isResumed: boolean;
  readonly #dirty = new Set<number>();
  readonly #commitIds = new WeakMap<Envelope, string>();
  /** Written with the next batch, by key. */
  #entries = new Map<string, StoredTrace>();
  #caughtCount = 0;
  #cancelTimer: (() => void) | undefined;
  #isQueued = false;
  /** The store refused the last batch. */
  #isRefused = false;
  #writing: Promise<void> = Promise.resolve();

  constructor(job: Cid, store: Collection<StoredTrace>, clock: Clock, isResumed: boolean) {
    this.#job = job;
    this.#store = store;
    this.#clock = clock;
    this.#isResumed = isResumed;
  }

  onTask(event: TaskTraceEvent): void {
    const open = this.#openTask(event.task);
    if (open.trace === undefined) open.waiting.push(event);
    else this.#add(open.trace, event);
    if (event.type === 'released') open.isOver = true;
    else if (event.type === 'reopened' || event.type === 'rechecked') open.isOver = false;
    this.#dirty.add(event.task);
    if (IS_PATIENT.has(event.type)) this.#writeSoon();
    else this.#writeNow();
  }

  onCaught({ evidence: _, ...caught }: Caught): void {
    const key = `${this.#job}/caught/${caught.atMs}-${this.#caughtCount++}`;
    this.#entries.set(key, { kind: 'caught', caught });
    this.#writeNow();
  }

  onSetAside(setAside: SetAside): void {
    this.#entries.set(`${this.#job}/set-aside/${setAside.peer}`, { kind: 'set-aside', setAside });
    this.#writeNow();
  }

  onForgotten(task: number): void {
    const open = this.#openTask(task);
    open.isOver = true;
    const atMs = this.#clock.now();
    if (open.trace === undefined) open.waiting.push({ forgottenAtMs: atMs });
    else closeTrace(open.trace, atMs);
    this.#dirty.add(task);
    this.#writeSoon();
  }

  /** What is known of one task; undefined when it was never given to anybody. */
  async trace(task: number): Promise<TaskTrace | undefined> {
    const open = this.#open.get(task);
    if (open !== undefined) return structuredClone(await this.#load(task, open));
    const stored = await this.#store.get(this.#taskKey(task));
    return stored?.kind === 'task' ? stored.trace : undefined;
  }

  /** Everything that is known, as the store has it after what is in memory was written. */
  async all(): Promise<{
    traces: TaskTrace[];
    commits: Record<string, Envelope>;
    caught: Omit<Caught, 'evidence'>[];
    setAside: SetAside[];
  }> {
    await this.flush();
    const traces: TaskTrace[] = [];
    const commits: Record<string, Envelope> = {};
    const caught: Omit<Caught, 'evidence'>[] = [];
    const setAside: SetAside[] = [];
    for (const [, entry] of await this.#store.entries(`${this.#job}/`)) {
      if (entry.kind === 'task') traces.push(entry.trace);
      else if (entry.kind === 'commit') commits[entry.id] = entry.envelope;
      else if (entry.kind === 'caught') caught.push(entry.caught);
      else setAside.push(entry.setAside);
    }
    return { traces, commits, caught, setAside };
  }

  /** Writes what is not written yet. Never rejects: what the store refuses stays in memory and is tried again. */
  flush(): Promise<void> {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    return (this.#writing = this.#writing.then(() => this.#write()));
  }

  /** Forgets everything of this job. */
  async dropAll(): Promise<void> {
    await this.flush();
    this.#open.clear();
    for (const [key] of await this.#store.entries(`${this.#job}/`)) await this.#store.delete(key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.flush();
  }

  #openTask(task: number): Open {
    const known = this.#open.get(task);
    if (known !== undefined) return known;
    const mayBeStored = this.#isResumed || this.#closed.has(task);
    const open: Open = { trace: mayBeStored ? undefined : newTrace(task), waiting: [], isOver: false };
    this.#open.set(task, open);
    return open;
  }

  #add(trace: TaskTrace, event: TaskTraceEvent): void {
    if (event.type !== 'committed') return addHappening(trace, event);
    let id = this.#commitIds.get(event.commit);
    if (id === undefined) {
      id = `${event.lease}.${event.task}`;
      this.#commitIds.set(event.commit, id);
      this.#entries.set(`${this.#job}/commit/${id}`, { kind: 'commit', id, envelope: event.commit });
    }
    addHappening(trace, event, id);
  }

  async #load(task: number, open: Open): Promise<TaskTrace> {
    if (open.trace !== undefined) return open.trace;
    const stored = await this.#store.get(this.#taskKey(task));
    open.trace ??= stored?.kind === 'task' ? stored.trace : newTrace(task);
    for (const event of open.waiting.splice(0)) {
      if ('forgottenAtMs' in event) closeTrace(open.trace, event.forgottenAtMs);
      else this.#add(open.trace, event);
    }
    return open.trace;
  }

  async #write(): Promise<void> {
    this.#isQueued = false;
    const entries = this.#entries;
    this.#entries = new Map();
    const tasks = [...this.#dirty];
    this.#dirty.clear();
    try {
      for (let i = 0; i < tasks.length; i += WRITES_AT_ONCE)
        await Promise.all(tasks.slice(i, i + WRITES_AT_ONCE).map((task) => this.#put(task)));
      // Reading what an earlier tab wrote may have brought more.
      for (const [key, entry] of this.#entries) entries.set(key, entry);
      this.#entries = new Map();
      await Promise.all([...entries].map(([key, entry]) => this.#store.put(key, entry)));
      this.#isRefused = false;
    } catch (error) {
      for (const task of tasks) this.#dirty.add(task);
      this.#entries = new Map([...entries, ...this.#entries]);
      if (!this.#isRefused)
        console.error('What happened to tasks cannot be written down now; it is tried again.', error);
      this.#isRefused = true;
    }
  }

  async #put(task: number): Promise<void> {
    const open = this.#open.get(task);
    if (open === undefined) return;
    const trace = await this.#load(task, open);
    if (open.isOver) compactTrace(trace);
    await this.#store.put(this.#taskKey(task), { kind: 'task', trace });
    // Something new came while it was written: it stays open.
    if (!open.isOver || this.#dirty.has(task)) return;
    this.#open.delete(task);
    this.#closed.add(task);
  }

  #writeSoon(): void {
    if (this.#isQueued) return;
    this.#cancelTimer ??= this.#clock.after(WRITE_DELAY_MS, () => {
      this.#cancelTimer = undefined;
      void this.flush();
    });
  }

  /** With the next batch, which begins when the one under way is written. */
  #writeNow(): void {
    if (this.#isQueued) return;
    this.#isQueued = true;
    void this.flush();
  }

  #taskKey(task: number): string {
    return `${this.#job}/task/${task.toString().padStart(7, '0')}`;
  }
}
