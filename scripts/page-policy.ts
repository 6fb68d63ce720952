/**
 * Content security policy of the app's page, as a meta tag (any static host) and as a header (`npm start`).
 * `frame-src 'self'` closes the sandbox frame's self-navigation as a way out (design: sandbox, walls);
 * relays and chains are configured at run time, so `connect-src` names schemes only.
 */
export const PAGE_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob:",
  "font-src 'self'",
  "connect-src 'self' data: blob: http: https: ws: wss:",
  "worker-src 'self' blob:",
  "frame-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');
