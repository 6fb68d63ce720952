import { hasCode, type KilnError, toKilnError } from '../../../base/errors.ts';
import { DEFAULT_RANK_WEIGHTS, type RankWeights } from '../../../market/choose/rank.ts';
import { readRequirements, writeRequirements } from '../../../market/match/requirement-lines.ts';
import type { Requirements } from '../../../protocol/capabilities.ts';
import type { Policy } from '../../../protocol/policy.ts';
import type { JobDraft, SubmitTerms } from '../../../requestor/view.ts';
import { askFor } from './requirement-fields.ts';

/** Terms that most people leave alone: how results are checked, what providers need, how they are ranked, for whom. */
export class TermsState {
  /** What the person chose; the job's own policy counts while this is absent. */
  policy = $state.raw<Policy>();
  weights = $state.raw<RankWeights>(DEFAULT_RANK_WEIGHTS);
  /** Key of a private group. A secret: shown only when asked for. */
  group = $state.raw<string>();
  /** Requirements as they are typed, one to a line. */
  lines = $state('');
  /** What is wrong with the lines; meanwhile the last good ones count nowhere. */
  problem = $state.raw<KilnError>();
  #requirements = $state.raw<Requirements>({});

  /** What was read last without a fault. */
  get requirements(): Requirements {
    return this.#requirements;
  }

  get hasRequirements(): boolean {
    return Object.keys(this.#requirements).length > 0;
  }

  /** Does anything differ from what a job says by itself? */
  get isChanged(): boolean {
    return (
      this.policy !== undefined ||
      this.group !== undefined ||
      this.hasRequirements ||
      this.weights !== DEFAULT_RANK_WEIGHTS
    );
  }

  /** The job with the chosen policy. Its CID is made at submission, so that a policy may be changed until then. */
  applyTo(draft: JobDraft): JobDraft {
    if (this.policy === undefined) return draft;
    return { ...draft, manifest: { ...draft.manifest, policy: this.policy } };
  }

  /** The market's part of the terms. */
  get chosen(): Pick<SubmitTerms, 'requirements' | 'weights' | 'group'> {
    return {
      ...(this.hasRequirements ? { requirements: this.#requirements } : {}),
      ...(this.weights === DEFAULT_RANK_WEIGHTS ? {} : { weights: this.weights }),
      ...(this.group === undefined ? {} : { group: this.group }),
    };
  }

  /** Takes lines as they are typed. */
  setLines(text: string): void {
    this.lines = text;
    this.#read(() => readRequirements(text));
  }

  /** Asks for another bound of one property, or for none of it. */
  ask(name: string, value: number | undefined): void {
    this.#read(() => askFor(this.#requirements, name, value));
    if (this.problem === undefined) this.lines = writeRequirements(this.#requirements).join('\n');
  }

  #read(read: () => Requirements): void {
    try {
      this.#requirements = read();
      this.problem = undefined;
    } catch (thrown) {
      const error = toKilnError(thrown);
      if (!hasCode(error, 'market/unknown-property') && !hasCode(error, 'market/bad-requirement'))
        throw thrown;
      this.problem = error;
    }
  }
}
