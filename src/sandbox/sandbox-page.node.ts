import { createHash } from 'node:crypto';

/** Globals of the frame that reach a network; Chromium's policy does not cover WebRTC (design: sandbox, walls). */
const FRAME_PRIMITIVES = [
  'RTCPeerConnection',
  'webkitRTCPeerConnection',
  'WebTransport',
  'WebSocket',
  'WebSocketStream',
  'open',
];

/** What the frame does: gives up its network, starts the worker, hands it the host's port, tells that it is alive. */
function frameScript(workerSource: string): string {
  return `for (const name of ${JSON.stringify(FRAME_PRIMITIVES)}) {
  delete self[name];
  if (name in self) Object.defineProperty(self, name, { value: undefined });
}
const source = ${JSON.stringify(workerSource).replaceAll('<', '\\u003c')};
const tell = (type, message) => parent.postMessage({ type, message: String(message) }, '*');
const fail = (message) => tell('kiln/worker-failed', message);
let worker;
addEventListener('message', (event) => {
  if (event.source !== parent || parent === self || self.origin !== 'null') return;
  if (event.data === 'ping') tell('kiln/alive', '');
  if (event.data !== 'port' || worker !== undefined) return;
  try {
    worker = new Worker('data:text/javascript;charset=utf-8,' + encodeURIComponent(source));
    worker.onerror = (error) => fail(error.message);
    worker.postMessage('port', [event.ports[0]]);
  } catch (error) {
    fail(error);
  }
});`;
}

/** `sandbox.html` and the policy it is served with. */
export interface SandboxPage {
  readonly html: string;
  /** The Content-Security-Policy: in the page as meta, and to be sent as a header. */
  readonly policy: string;
}

/**
 * The frame's document around the worker's bundled source. The policy admits this one script by its hash, and
 * `data:` workers; nothing may be loaded, framed or sent.
 */
export function renderSandboxPage(workerSource: string): SandboxPage {
  const script = frameScript(workerSource);
  const hash = createHash('sha256').update(script).digest('base64');
  const policy = [
    "default-src 'none'",
    `script-src 'sha256-${hash}' 'wasm-unsafe-eval' data:`,
    'worker-src data:',
    "connect-src 'none'",
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta http-equiv="x-dns-prefetch-control" content="off">
<title>Kiln sandbox</title>
<script>${script}</script>
</head>
<body></body>
</html>
`;
  return { html, policy };
}
