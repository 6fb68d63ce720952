import { MAX_ENDED_SHOWN } from '../constants.ts';
import type { AgreementView } from '../view.ts';

/** Agreements that have ended, newest first; of the oldest only the sums are kept. */
export class EndedSessions {
  readonly #shown: { view(): AgreementView }[] = [];
  #tasksAccepted = 0;
  #earned = 0n;

  add(session: { view(): AgreementView }): void {
    this.#shown.unshift(session);
    for (const { tasksAccepted, earned } of this.#shown.splice(MAX_ENDED_SHOWN).map((one) => one.view())) {
      this.#tasksAccepted += tasksAccepted;
      this.#earned += earned;
    }
  }

  views(): AgreementView[] {
    return this.#shown.map((session) => session.view());
  }

  /** What agreements that are no longer shown came to, and those given. */
  total(shown: readonly AgreementView[]): { readonly tasksAccepted: number; readonly earned: bigint } {
    return {
      tasksAccepted: shown.reduce((sum, each) => sum + each.tasksAccepted, this.#tasksAccepted),
      earned: shown.reduce((sum, { earned }) => sum + earned, this.#earned),
    };
  }
}
