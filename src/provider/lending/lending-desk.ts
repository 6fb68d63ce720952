import { KilnError } from '../../base/errors.ts';
import type { Scope } from '../../base/scope.ts';
import { laneOfKind } from '../../job/lanes.ts';
import type { ProviderSide } from '../../market/match/match-demand.ts';
import { JOB_KINDS, type JobKind } from '../../protocol/primitives.ts';
import { SPARE_AFTER_MS } from '../constants.ts';
import type { ProviderInit } from '../provider.ts';
import type { ProviderRules } from '../view.ts';
import type { WorkSession } from '../work/work-session.ts';
import { AskedPrice } from './asked-price.ts';
import { judgedCapabilities, kindsLent, type Lending } from './describe-lending.ts';
import { IdleMeasure } from './idle-measure.ts';
import { type Lent, lentNow } from './lent-now.ts';
import { SpeedScores } from './speed-scores.ts';

/** What the desk needs of its provider. */
export interface LendingDeskInit {
  readonly init: ProviderInit;
  /** Agreements being worked on. */
  readonly sessions: ReadonlySet<WorkSession>;
  /** Something that people see has changed. */
  readonly onChange: () => void;
  /** Something that the offer says has changed. */
  readonly onOffer: () => void;
}

const NOTHING_LENT: Lent = { slots: { cpu: 0, gpu: 0 }, isHeldBack: false };

/** What is lent now, how fast it is and what is asked for it: by the rules, the market, and who uses the machine. */
export class LendingDesk {
  readonly #desk: LendingDeskInit;
  readonly #speed: SpeedScores;
  #rules: ProviderRules | undefined;
  #lent = NOTHING_LENT;
  #sinceMs = 0;
  #asked: AskedPrice | undefined;
  #idle: IdleMeasure | undefined;

  constructor(desk: LendingDeskInit) {
    this.#desk = desk;
    this.#speed = new SpeedScores(desk.init.sandbox, desk.init.clock, desk.onChange);
  }

  get rules(): ProviderRules | undefined {
    return this.#rules;
  }

  /** All that is lent at this moment; throws `provider/not-started` before there are rules. */
  get now(): Lending {
    if (this.#rules === undefined)
      throw new KilnError('provider/not-started', 'The provider has no rules yet.');
    return {
      rules: this.#rules,
      lent: this.#lent,
      speed: this.#speed,
      traits: this.#desk.init.device.traits(),
      sinceMs: this.#sinceMs,
      asked: this.#asked?.all ?? this.#rules.pricePerUnit,
      freeSlots: (kind) => this.#freeSlots(kind),
    };
  }

  /** Slots lent of this kind now. */
  slots(kind: JobKind): number {
    return this.#lent.slots[laneOfKind(kind)];
  }

  /** Takes these rules up and measures this device; from then on it follows the machine's use until the scope closes. */
  async start(rules: ProviderRules, scope: Scope): Promise<void> {
    const { clock, activity, marketPrice = () => undefined } = this.#desk.init;
    const { onChange, onOffer, sessions } = this.#desk;
    this.#rules = rules;
    const busyShare = (kind: JobKind) => this.#busyShare(kind);
    const asked = new AskedPrice({ clock, marketPrice, busyShare, onChange }, rules);
    this.#asked = asked;
    scope.add(() => asked.stop());
    this.#lend();
    await this.#speed.measure(rules.kinds, scope.signal);
    if (scope.isClosed) return;
    this.#sinceMs = clock.now();
    const idle = new IdleMeasure({
      clock,
      activity,
      speed: this.#speed,
      kinds: () => kindsLent(this.now),
      isAtWork: () => sessions.size > 0,
      onMeasured: onOffer,
    });
    this.#idle = idle;
    scope.add(() => idle.stop());
    scope.add(activity.isInUse.subscribe(() => this.#lendAnew()));
  }

  /** Takes other rules up at once, and measures kinds that are new. */
  async setRules(rules: ProviderRules, scope: Scope | undefined): Promise<void> {
    this.#rules = rules;
    if (scope === undefined) return;
    this.#asked?.setRules(rules);
    this.#lendAnew();
    await this.#speed.measureNew(rules.kinds, scope.signal);
  }

  /** A job is about to be worked on: nothing is measured beside it. */
  makeWay(): void {
    this.#idle?.interrupt();
  }

  /** This provider as demands are judged by it now. */
  side(): ProviderSide {
    const lending = this.now;
    const { network, home } = this.#desk.init;
    return {
      peer: network.identity.peer,
      rules: { ...lending.rules, pricePerUnit: lending.asked },
      payment: home,
      capabilities: judgedCapabilities(lending),
      freeSlots: Object.fromEntries(JOB_KINDS.map((kind) => [kind, this.#freeSlots(kind)])),
      isInUse: lending.lent.isHeldBack,
    };
  }

  /** Why an agreement cannot go on under the rules and at the machine as they are now. */
  whyLeave({ kind, requestor }: WorkSession['agreement']): string | undefined {
    const { rules } = this.now;
    if (!rules.kinds.includes(kind)) return 'The provider no longer takes jobs of this kind.';
    if (rules.blockedRequestors.includes(requestor))
      return 'The provider no longer works for this requestor.';
    if (this.slots(kind) > 0) return undefined;
    return 'Somebody uses the machine of this provider; it lends nothing for this kind meanwhile.';
  }

  #lendAnew(): void {
    const before = JSON.stringify(this.#lent);
    this.#lend();
    const hasChanged = JSON.stringify(this.#lent) !== before;
    for (const session of this.#desk.sessions) {
      const reason = this.whyLeave(session.agreement);
      if (reason !== undefined) session.end(reason);
      else if (hasChanged && !session.isEnded) session.tellSlots();
    }
    if (hasChanged) this.#desk.onOffer();
  }

  #lend(): void {
    const { sandbox, device, activity } = this.#desk.init;
    const hasGpu = device.traits().gpu !== undefined;
    this.#lent = lentNow(this.now.rules, { hasGpu, isInUse: activity.isInUse.value });
    // One slot of each kind stays for this tab's own try-outs and audits.
    sandbox.setSlots(Math.max(1, this.#lent.slots.cpu), hasGpu ? 1 : 0);
    sandbox.setGpuDuty(this.#lent.gpuDuty);
  }

  /** Slots that no agreement uses now; one that brought no lease for a while does not count. */
  #freeSlots(kind: JobKind): number {
    const isUsed = this.#sessionsLike(kind).some(
      (session) => !session.isEnded && session.idleMs() < SPARE_AFTER_MS,
    );
    return isUsed ? 0 : Math.min(this.slots(kind), this.#desk.init.sandbox.slots(kind));
  }

  #busyShare(kind: JobKind): number | undefined {
    const lent = this.slots(kind);
    if (lent === 0) return undefined;
    const busy = this.#sessionsLike(kind).reduce((sum, session) => sum + session.running().length, 0);
    return busy / lent;
  }

  #sessionsLike(kind: JobKind): WorkSession[] {
    return [...this.#desk.sessions].filter(
      ({ agreement }) => laneOfKind(agreement.kind) === laneOfKind(kind),
    );
  }
}
