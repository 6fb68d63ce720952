/*
 * The first thing the worker does: it gives up every way to a network or to storage. The frame's policy forbids
 * them already; this is the second wall (design: sandbox, walls).
 */

const PRIMITIVES = [
  'fetch',
  'XMLHttpRequest',
  'WebSocket',
  'WebSocketStream',
  'WebTransport',
  'EventSource',
  'RTCPeerConnection',
  'RTCDataChannel',
  'importScripts',
  'indexedDB',
  'caches',
  'BroadcastChannel',
  'Worker',
  'SharedWorker',
  'FileReaderSync',
  'webkitRequestFileSystem',
  'webkitResolveLocalFileSystemURL',
];

for (const name of PRIMITIVES) {
  // Some lie on the global's prototypes.
  for (let holder: object | null = globalThis; holder !== null; holder = Object.getPrototypeOf(holder)) {
    Reflect.deleteProperty(holder, name);
  }
  if (name in globalThis) Object.defineProperty(globalThis, name, { value: undefined });
}
