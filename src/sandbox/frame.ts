import { KilnError, aborted } from '../base/errors.ts';
import { FRAME_ANSWER_LIMIT_MS, SLOT_START_LIMIT_MS } from './limits.ts';
import type { FromGuest } from './messages.ts';

/** A hidden frame whose worker answered. Removing it kills whatever runs inside. */
export interface GuestFrame {
  readonly port: MessagePort;
  /** Does its process still answer? Guests run in its worker, so its main thread is free to. */
  isAlive(): Promise<boolean>;
  remove(): void;
}

/**
 * Opens an opaque-origin frame and connects to the `data:` worker inside it. The frame itself posts to the host
 * only that its worker failed, or that it is alive; work travels over a channel of which the worker holds the other end.
 */
export function openFrame(pageUrl: string, signal: AbortSignal): Promise<GuestFrame> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(aborted(signal.reason));
    const { port1: port, port2: guestPort } = new MessageChannel();
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.referrerPolicy = 'no-referrer';
    frame.hidden = true;
    frame.title = 'Kiln sandbox';
    const settled = new AbortController();
    const remove = () => {
      port.close();
      frame.remove();
    };
    const isAlive = () => ping(frame);
    const fail = (error: KilnError) => {
      settled.abort();
      remove();
      reject(error);
    };
    const timer = setTimeout(() => fail(notStarted('It did not answer in time.')), SLOT_START_LIMIT_MS);
    settled.signal.addEventListener('abort', () => clearTimeout(timer));
    const options = { signal: settled.signal };
    signal.addEventListener('abort', () => fail(aborted(signal.reason)), options);
    window.addEventListener(
      'message',
      ({ source, data }: MessageEvent<unknown>) => {
        // The origin of a sandboxed frame is "null": only its window tells who speaks.
        if (source !== null && source === frame.contentWindow) fail(notStarted(reasonOf(data)));
      },
      options,
    );
    port.addEventListener(
      'message',
      ({ data }: MessageEvent<FromGuest>) => {
        if (data.type !== 'ready') return;
        settled.abort();
        resolve({ port, isAlive, remove });
      },
      options,
    );
    // Only Chromium tells; elsewhere the time runs out.
    port.addEventListener('close', () => fail(notStarted('Its process ended.')), options);
    port.start();
    frame.addEventListener('load', () => frame.contentWindow?.postMessage('port', '*', [guestPort]), {
      ...options,
      once: true,
    });
    frame.src = pageUrl;
    document.body.append(frame);
  });
}

function reasonOf(data: unknown): string {
  const message = typeof data === 'object' && data !== null && 'message' in data ? data.message : undefined;
  return typeof message === 'string' ? message.slice(0, 200) : 'Its worker failed.';
}

function notStarted(reason: string): KilnError {
  return new KilnError('sandbox/not-started', `The sandbox did not start. ${reason}`, {
    hint: 'Check that /sandbox.html is served with its own Content-Security-Policy, then reload the page.',
  });
}

/** Asks the frame for a sign of life. */
function ping(frame: HTMLIFrameElement): Promise<boolean> {
  return new Promise((resolve) => {
    const settled = new AbortController();
    const settle = (isAlive: boolean) => {
      settled.abort();
      clearTimeout(timer);
      resolve(isAlive);
    };
    const timer = setTimeout(() => settle(false), FRAME_ANSWER_LIMIT_MS);
    window.addEventListener('message', ({ source }) => source === frame.contentWindow && settle(true), {
      signal: settled.signal,
    });
    frame.contentWindow?.postMessage('ping', '*');
  });
}
