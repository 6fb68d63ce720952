import { type HostLink, Stopped } from './runner.ts';

/** Between two turns a run keeps the worker this long: the host is heard soon, and a turn costs next to nothing. */
const TURN_INTERVAL_MS = 10;

/** How a run that yields hears the host: its pauses and its stop. One per run. */
export class HostTurns implements HostLink {
  readonly onProgress: HostLink['onProgress'];
  readonly onChunks: HostLink['onChunks'];
  readonly onCalls: HostLink['onCalls'];
  #channel: MessageChannel | undefined;
  #turnedMs = performance.now();
  #leftOutMs = 0;
  #isStopped = false;
  #isPaused = false;
  #wake: () => void = () => {};

  constructor(tell: Pick<HostLink, 'onProgress' | 'onChunks' | 'onCalls'>) {
    this.onProgress = tell.onProgress;
    this.onChunks = tell.onChunks;
    this.onCalls = tell.onCalls;
  }

  /** Time that was not the run itself so far, in milliseconds. */
  get leftOutMs(): number {
    return this.#leftOutMs;
  }

  get isTurnDue(): boolean {
    return performance.now() - this.#turnedMs >= TURN_INTERVAL_MS;
  }

  async turn(): Promise<void> {
    const sinceMs = performance.now();
    // Messages that the host posted before this one come before it.
    (this.#channel ??= this.#openChannel()).port2.postMessage(null);
    do await new Promise<void>((resolve) => (this.#wake = resolve));
    while (this.#isPaused && !this.#isStopped);
    this.#turnedMs = performance.now();
    this.leaveOut(this.#turnedMs - sinceMs);
    if (this.#isStopped) throw new Stopped();
  }

  leaveOut(ms: number): void {
    this.#leftOutMs += ms;
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    this.#wake();
  }

  stop(): void {
    this.#isStopped = true;
    this.#wake();
  }

  close(): void {
    this.#channel?.port1.close();
  }

  #openChannel(): MessageChannel {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => this.#wake();
    return channel;
  }
}
