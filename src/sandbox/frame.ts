import { KilnError, aborted } from '../base/errors.ts';
import { SLOT_START_LIMIT_MS } from './limits.ts';
import type { FromGuest } from './messages.ts';

/** A hidden frame whose worker answered. Removing it kills whatever runs inside. */
export interface GuestFrame {
  readonly port: MessagePort;
  remove(): void;
}

/**
 * Opens an opaque-origin frame and connects to the `data:` worker inside it. The frame never posts to the host
 * except to say that its worker failed; work travels over a channel of which the worker holds the other end.
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
        resolve({ port, remove });
      },
      options,
    );
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
