import { Cell } from '../../base/observable.ts';
import type { Clock } from '../../base/time.ts';
import type { ActivitySlice } from '../../provider/slices.ts';
import type { ActivityView } from '../../provider/view.ts';

/** Without a sign of a person for this long, nobody uses the machine; also the least that IdleDetector takes. */
export const QUIET_MS = 60_000;
/** What a person does in a page. A hidden or shown page is a sign too: somebody changed to another tab. */
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'visibilitychange'] as const;

/** The part of the Idle Detection API (WICG) that is used; TypeScript does not know it yet. */
export interface IdleWatch {
  readonly userState: 'active' | 'idle' | null;
  readonly screenState: 'locked' | 'unlocked' | null;
  start(options: { readonly threshold: number; readonly signal: AbortSignal }): Promise<void>;
  addEventListener(type: 'change', listener: () => void): void;
}

/** How the browser is asked who uses the machine. */
export interface IdleApi {
  create(): IdleWatch;
  /** Asks the person; only on their own click. */
  requestPermission(): Promise<'granted' | 'denied'>;
  permission(): Promise<'granted' | 'denied' | 'prompt'>;
}

/** What activity is read from. */
export interface DeviceActivityInit {
  readonly clock: Clock;
  /** Where signs of a person show. */
  readonly page: EventTarget;
  /** Absent where the browser does not have it. */
  readonly idle: IdleApi | undefined;
}

/**
 * Is a person at this machine? By the browser's idle detection where the person allowed it, else by what is done in this
 * page: what goes on in other windows cannot be seen then. Nothing of it leaves this device.
 */
export class DeviceActivity implements ActivitySlice, Disposable {
  readonly #init: DeviceActivityInit;
  readonly #isInUse = new Cell(true);
  readonly #view: Cell<ActivityView>;
  readonly #life = new AbortController();
  #cancelQuiet = () => {};
  #watch: IdleWatch | undefined;

  constructor(init: DeviceActivityInit) {
    this.#init = init;
    this.#view = new Cell<ActivityView>({ isInUse: true, sees: 'page', canAsk: false });
    const options = { signal: this.#life.signal, passive: true };
    for (const sign of SIGNS) init.page.addEventListener(sign, () => this.#sign(), options);
    this.#sign();
    void this.#begin();
  }

  get isInUse(): Cell<boolean> {
    return this.#isInUse;
  }

  get view(): Cell<ActivityView> {
    return this.#view;
  }

  /** Asks the person whether this page may see if the machine is used; only on their own click. */
  async ask(): Promise<void> {
    const { idle } = this.#init;
    if (idle === undefined || this.#watch !== undefined) return;
    const answer = await idle.requestPermission();
    if (answer === 'granted') await this.#watchMachine(idle);
    else this.#show({ canAsk: false });
  }

  [Symbol.dispose](): void {
    this.#life.abort();
    this.#cancelQuiet();
  }

  async #begin(): Promise<void> {
    const { idle } = this.#init;
    const state = await idle?.permission().catch(() => 'denied' as const);
    if (idle === undefined || this.#life.signal.aborted) return;
    if (state === 'granted') await this.#watchMachine(idle).catch(() => {});
    else this.#show({ canAsk: state === 'prompt' });
  }

  async #watchMachine(idle: IdleApi): Promise<void> {
    const watch = idle.create();
    const look = () => this.#setInUse(watch.userState !== 'idle' && watch.screenState !== 'locked');
    watch.addEventListener('change', look);
    await watch.start({ threshold: QUIET_MS, signal: this.#life.signal });
    this.#watch = watch;
    this.#cancelQuiet();
    this.#show({ sees: 'machine', canAsk: false });
    look();
  }

  /** A person did something in this page. */
  #sign(): void {
    if (this.#watch !== undefined) return;
    this.#setInUse(true);
    this.#cancelQuiet();
    this.#cancelQuiet = this.#init.clock.after(QUIET_MS, () => this.#setInUse(false));
  }

  #setInUse(isInUse: boolean): void {
    if (isInUse !== this.#isInUse.value) this.#isInUse.set(isInUse);
    this.#show({ isInUse });
  }

  #show(change: Partial<ActivityView>): void {
    const before = this.#view.value;
    const next = { ...before, ...change };
    if (JSON.stringify(next) !== JSON.stringify(before)) this.#view.set(next);
  }
}
