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
  // Some are inherited: shadow those that cannot be deleted.
  Reflect.deleteProperty(globalThis, name);
  if (name in globalThis) Object.defineProperty(globalThis, name, { value: undefined });
}
