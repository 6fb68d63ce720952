import type { Example } from '../../../examples/example.ts';
import { SvelteMap } from 'svelte/reactivity';
import type { Cid } from '../../base/cid.ts';
import { KilnError, toKilnError } from '../../base/errors.ts';
import { taskCount } from '../../job/split.ts';
import type { Kiln } from '../../kiln/kiln.ts';
import type { JobDraft, TryOut } from '../../requestor/view.ts';
import type { OfferReport } from '../../market/match/explain-offers.ts';
import { ActionState } from '../parts/action-state.svelte.ts';
import { TermsState } from './terms/terms-state.svelte.ts';

/** Providers wanted when the person says nothing else: enough for a quorum of two, a referee and a spare. */
const DEFAULT_SEATS = 4;
/** The budget proposed over the estimate: replicas, referees and slower devices cost more than the plain sum. */
const BUDGET_FACTOR = 2n;
/** The price ceiling proposed over the board's price, in halves: one and a half times. */
const CEILING_HALVES = 3n;

/** One example on its way to becoming a job: options, own files, the try-out, the terms, the submission. */
export class RequestState {
  readonly example: Example;
  readonly options = new SvelteMap<string, number | string>();
  /** Files that replace the example's own, by input name. */
  readonly files = new SvelteMap<string, File>();
  /** Index of the task to try. */
  task = $state(0);
  /** As the example built it: the chosen terms are not in it. */
  built = $state.raw<JobDraft>();
  /** What most people leave alone; kept when the options change. */
  readonly terms = new TermsState();
  tryOut = $state.raw<TryOut>();
  seats = $state(DEFAULT_SEATS);
  /** What the person typed; the proposal counts while these are absent. */
  chosenBudget = $state.raw<bigint>();
  chosenCeiling = $state.raw<bigint>();
  /** Steps of the submission so far, the last one under way. */
  steps = $state.raw<readonly string[]>([]);
  readonly trying = new ActionState();
  readonly submitting = new ActionState();
  readonly #kiln: Kiln;

  constructor(kiln: Kiln, example: Example) {
    this.#kiln = kiln;
    this.example = example;
    for (const option of example.options) this.options.set(option.name, option.default);
  }

  /** The job as it will be submitted. */
  get draft(): JobDraft | undefined {
    return this.built && this.terms.applyTo(this.built);
  }

  /** Is any term set that most people leave alone? */
  get isAdvanced(): boolean {
    return this.terms.isChanged || this.seats !== DEFAULT_SEATS;
  }

  get tasks(): number | undefined {
    return this.built === undefined ? undefined : taskCount(this.built.manifest.split);
  }

  /** Price per unit, total and number of providers by the board as it is now; undefined before the try-out. */
  estimate(): ReturnType<Kiln['requestor']['estimate']> | undefined {
    if (this.draft === undefined || this.tryOut === undefined) return undefined;
    return this.#kiln.requestor.estimate(this.draft, this.tryOut.microUnitsPerTask);
  }

  /** Why providers on the board match these terms or do not, or what is wrong with the terms. */
  explain(): OfferReport | KilnError | undefined {
    const estimate = this.estimate();
    if (this.draft === undefined || estimate === undefined) return undefined;
    const priceCeiling = this.ceiling(estimate.pricePerUnit);
    try {
      return this.#kiln.requestor.explainMatch(this.draft, { priceCeiling, ...this.terms.chosen });
    } catch (thrown) {
      return toKilnError(thrown, 'app/match-unexplained');
    }
  }

  budget(total: bigint): bigint {
    return this.chosenBudget ?? total * BUDGET_FACTOR;
  }

  ceiling(pricePerUnit: bigint): bigint {
    return this.chosenCeiling ?? (pricePerUnit * CEILING_HALVES) / 2n;
  }

  /** Changes an option; what was built and measured before no longer holds. */
  setOption(name: string, value: number | string): void {
    this.options.set(name, value);
    this.#forget();
  }

  /** Takes the person's own file for an input, or the example's again. */
  setFile(name: string, file: File | undefined): void {
    if (file === undefined) this.files.delete(name);
    else this.files.set(name, file);
    this.#forget();
  }

  /** Builds the job and runs one task of it on this device. */
  async tryHere(): Promise<void> {
    const { trying } = this;
    this.tryOut = undefined;
    this.tryOut = await trying.run(async (signal) => {
      const draft = await this.#build(signal);
      const last = taskCount(draft.manifest.split) - 1;
      this.task = Math.min(this.task, Math.max(0, last));
      trying.step = `Running task ${this.task + 1} on this device.`;
      return this.#kiln.requestor.tryOut(draft, this.task, {
        signal,
        onProgress: (done) => (trying.done = done),
      });
    });
  }

  /** Funds and announces the job; resolves to its name once it runs, or to undefined when that failed. */
  async submit(): Promise<Cid | undefined> {
    const { draft, tryOut } = this;
    const estimate = this.estimate();
    if (draft === undefined || tryOut === undefined || estimate === undefined) return undefined;
    this.steps = [];
    return this.submitting.run(() =>
      this.#kiln.requestor.submit(
        draft,
        {
          budget: this.budget(estimate.total),
          priceCeiling: this.ceiling(estimate.pricePerUnit),
          microUnitsPerTask: tryOut.microUnitsPerTask,
          seats: this.seats,
          ...this.terms.chosen,
        },
        (step) => (this.steps = [...this.steps, step]),
      ),
    );
  }

  /** Stops a try-out in hand; called when the page is left. */
  stop(): void {
    this.trying.stop();
  }

  #forget(): void {
    this.trying.stop();
    this.trying.dismiss();
    this.built = undefined;
    this.tryOut = undefined;
  }

  async #build(signal: AbortSignal): Promise<JobDraft> {
    if (this.draft !== undefined) return this.draft;
    this.trying.step = 'Reading the input files.';
    const entries = await Promise.all(
      this.example.inputs.map(async (input) => {
        const own = this.files.get(input.name);
        const bytes = own === undefined ? await download(input.url, signal) : await readOwn(own);
        return [input.name, bytes] as const;
      }),
    );
    signal.throwIfAborted();
    this.trying.step = 'Building the job.';
    const draft = await this.example.build(
      Object.fromEntries(entries),
      Object.fromEntries(this.options),
      (step) => (this.trying.step = step),
    );
    signal.throwIfAborted();
    this.built = draft;
    return this.terms.applyTo(draft);
  }
}

async function download(url: URL, signal: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal });
  if (response.ok) return response.bytes();
  throw new KilnError('app/input-missing', `The input ${url.pathname} could not be loaded.`, {
    data: { status: response.status },
    hint: 'Check your connection and try again, or give a file of your own.',
  });
}

async function readOwn(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new KilnError('app/file-unreadable', `The file ${file.name} could not be read.`, {
      cause,
      hint: 'It may have been moved or changed since you chose it: choose it again.',
    });
  }
}
