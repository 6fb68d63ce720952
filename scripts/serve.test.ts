import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve, type StaticServer } from './serve.ts';

const SANDBOX_POLICY = "default-src 'none'; script-src 'sha256-abc'";
let home: string;
let server: StaticServer;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'kiln-serve-'));
  const dist = join(home, 'dist');
  mkdirSync(join(dist, 'assets'), { recursive: true });
  writeFileSync(join(home, 'secret.txt'), 'secret');
  writeFileSync(join(dist, 'index.html'), '<title>Kiln</title>');
  writeFileSync(
    join(dist, 'sandbox.html'),
    `<meta http-equiv="Content-Security-Policy" content="${SANDBOX_POLICY}">`,
  );
  writeFileSync(join(dist, 'assets', 'kernel-1234.wasm'), 'wasm');
  writeFileSync(join(dist, 'network.json'), 'from the build');
  server = await serve({ directory: dist, extra: { 'network.json': '{"relays":[]}' } });
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});

/** Sends a request as it is, without a client that tidies its path. */
function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(server.port, '127.0.0.1', () => socket.write(request));
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}

test('serves the page at the root with its policy', async () => {
  const response = await fetch(server.url);
  expect(await response.text()).toContain('Kiln');
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(response.headers.get('content-security-policy')).toContain("frame-src 'self'");
});

test('gives the sandbox page the policy that it states itself', async () => {
  const response = await fetch(`${server.url}sandbox.html`);
  expect(response.headers.get('content-security-policy')).toBe(`${SANDBOX_POLICY}; frame-ancestors 'self'`);
});

test('serves run-time files before those of the build', async () => {
  expect(await (await fetch(`${server.url}network.json?x=1`)).json()).toEqual({ relays: [] });
});

test('knows the type of WebAssembly and lets hashed files be cached', async () => {
  const response = await fetch(`${server.url}assets/kernel-1234.wasm`);
  expect(response.headers.get('content-type')).toBe('application/wasm');
  expect(response.headers.get('cache-control')).toContain('immutable');
});

test('answers HEAD without a body', async () => {
  const response = await fetch(server.url, { method: 'HEAD' });
  expect(response.status).toBe(200);
  expect(await response.text()).toBe('');
});

test.each(['POST', 'PUT', 'DELETE'])('refuses %s', async (method) => {
  const response = await fetch(server.url, { method });
  expect(response.status).toBe(405);
  expect(response.headers.get('allow')).toBe('GET, HEAD');
});

test.each([
  '/../secret.txt',
  '/..%2fsecret.txt',
  '/%2e%2e/secret.txt',
  '/assets/../../secret.txt',
  '//etc/passwd',
  '/assets',
])('finds nothing at %s', async (path) => {
  const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1\.1 404 /);
  expect(answer).not.toContain('secret\n');
});

test('refuses malformed and endless addresses', async () => {
  const malformed = await raw('GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  expect(malformed).toMatch(/^HTTP\/1\.1 400 /);
  const endless = await raw(`GET /${'a'.repeat(2_000)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  expect(endless).toMatch(/^HTTP\/1\.1 414 /);
});

test('rejects when the port is taken', async () => {
  await expect(serve({ directory: home, port: server.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
