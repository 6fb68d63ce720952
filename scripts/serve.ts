import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { PAGE_POLICY } from './page-policy.ts';

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.wgsl': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.glb': 'model/gltf-binary',
};

/** A browser opens six connections per host; this is room for forty tabs. */
const MAX_CONNECTIONS = 256;
/** A request without a body arrives at once, or is not one of ours. */
const REQUEST_TIMEOUT_MS = 10_000;
/** Addresses longer than any file of the build are refused. */
const MAX_URL_CHARS = 1_024;

/** Options of {@link serve}. */
export interface ServeOptions {
  /** The built app. */
  readonly directory: string;
  /** Files made at run time by path, such as `network.json`; they win over files of the directory. */
  readonly extra?: Readonly<Record<string, string>>;
  /** TCP port on 127.0.0.1; 0 lets the system choose. @default 0 */
  readonly port?: number;
}

/** A running static server. */
export interface StaticServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

/**
 * Serves a built app on loopback: GET and HEAD of the files that were there at the start, nothing else, so no
 * request can name a path outside. Rejects with `EADDRINUSE` when the port is taken.
 *
 * @example
 * await using server = await serve({ directory: 'dist', extra: { 'network.json': '{}' } });
 */
export async function serve(options: ServeOptions): Promise<StaticServer> {
  const files = listFiles(options.directory);
  const policies = readPolicies(options.directory, files);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const path = requestedPath(request, response);
    if (path === undefined) return;
    const made = options.extra?.[path];
    const file = made === undefined ? files.get(path) : undefined;
    if (made === undefined && file === undefined) return refuse(response, 404, 'No such file.');
    response.writeHead(200, headersOf(path, policies));
    if (request.method === 'HEAD') response.end();
    else if (made !== undefined) response.end(made);
    else
      createReadStream(file!)
        .on('error', () => response.destroy())
        .pipe(response);
  });
  server.maxConnections = MAX_CONNECTIONS;
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, port, [Symbol.asyncDispose]: () => close(server) };
}

function requestedPath(request: IncomingMessage, response: ServerResponse): string | undefined {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    refuse(response, 405, 'Only GET and HEAD are served.');
    return undefined;
  }
  const target = request.url ?? '/';
  if (target.length > MAX_URL_CHARS) {
    refuse(response, 414, 'This address is too long.');
    return undefined;
  }
  try {
    const path = decodeURIComponent(target.split(/[?#]/, 1)[0]!).slice(1);
    return path === '' ? 'index.html' : path;
  } catch {
    refuse(response, 400, 'This address is malformed.');
    return undefined;
  }
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, {
    'content-type': 'text/plain; charset=utf-8',
    'x-content-type-options': 'nosniff',
  });
  response.end(`${text}\n`);
}

function headersOf(path: string, policies: ReadonlyMap<string, string>): Record<string, string> {
  const policy = policies.get(path);
  return {
    'content-type': MEDIA_TYPES[extname(path)] ?? 'application/octet-stream',
    // Files under assets/ carry a hash in their name.
    'cache-control': path.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    ...(policy === undefined ? {} : { 'content-security-policy': policy }),
  };
}

function listFiles(directory: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    const path = join(directory, name);
    if (statSync(path).isFile()) files.set(name.replaceAll('\\', '/'), path);
  }
  return files;
}

/** Each page's own policy, as its meta tag states it, also as a header; nobody else may frame our pages. */
function readPolicies(directory: string, files: ReadonlyMap<string, string>): Map<string, string> {
  const policies = new Map<string, string>();
  for (const name of files.keys()) {
    if (!name.endsWith('.html')) continue;
    const html = readFileSync(join(directory, name), 'utf8');
    const stated = /http-equiv="content-security-policy"\s+content="([^"]*)"/i.exec(html)?.[1];
    policies.set(name, `${stated ?? PAGE_POLICY}; frame-ancestors 'self'`);
  }
  return policies;
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
