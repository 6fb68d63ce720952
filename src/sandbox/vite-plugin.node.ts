import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';
import { GUEST_PAGES, type GuestPage } from './slots/guest-pages.ts';
import { type SandboxPage, renderSandboxPage } from './sandbox-page.node.ts';

/** The worker that each document starts. */
const WORKER_ENTRIES: Readonly<Record<GuestPage, string>> = {
  programs: './guest.worker.ts',
  onnx: './onnx/run/onnx-guest.worker.ts',
  onnxGpu: './onnx/run/onnx-gpu-guest.worker.ts',
};
const SOURCES = fileURLToPath(new URL('..', import.meta.url));

/** Bundles the worker of a document to one classic script. */
export async function bundleGuestWorker(page: GuestPage): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: [withoutOwnAddress()],
    build: {
      write: false,
      target: 'es2022',
      lib: {
        entry: fileURLToPath(new URL(WORKER_ENTRIES[page], import.meta.url)),
        formats: ['iife'],
        name: 'kilnGuest',
      },
    },
  });
  const outputs = Array.isArray(result) ? result : [result];
  for (const output of outputs) {
    if (!('output' in output)) continue;
    for (const chunk of output.output) if (chunk.type === 'chunk') return chunk.code;
  }
  throw new Error('The guest worker did not bundle to a script.');
}

/**
 * A `data:` worker has no address of its own. onnxruntime-web looks for its WASM binary beside itself, which would
 * put tens of megabytes into the script; it is given the binary as bytes instead.
 */
function withoutOwnAddress(): Plugin {
  return {
    name: 'kiln:without-own-address',
    enforce: 'pre',
    transform: {
      filter: { id: /onnxruntime-web/ },
      handler: (code) => ({ code: code.replaceAll('import.meta.url', '(void 0)'), map: null }),
    },
  };
}

/**
 * Serves and builds the documents of the sandbox frames (`/sandbox.html` and its siblings for ONNX), each with its
 * policy as header and meta.
 *
 * @example
 * export default defineConfig({ plugins: [svelte(), sandboxPlugin()] });
 */
export function sandboxPlugin(): Plugin {
  const pages = new Map<GuestPage, Promise<SandboxPage>>();
  const render = (page: GuestPage) => {
    const known = pages.get(page) ?? bundleGuestWorker(page).then(renderSandboxPage);
    pages.set(page, known);
    return known;
  };
  const serve = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const page = guestPages().find((name) => pathname === `/${GUEST_PAGES[name]}`);
    if (page === undefined) return next();
    render(page).then(({ html, policy }) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.setHeader('Content-Security-Policy', policy);
      response.setHeader('Cache-Control', 'no-cache');
      response.end(html);
    }, next);
  };
  return {
    name: 'kiln:sandbox-page',
    configureServer(server) {
      server.watcher.on('change', (path) => {
        if (path.startsWith(SOURCES)) pages.clear();
      });
      server.middlewares.use(serve);
    },
    configurePreviewServer(server) {
      server.middlewares.use(serve);
    },
    async generateBundle() {
      for (const page of guestPages()) {
        const { html } = await render(page);
        this.emitFile({ type: 'asset', fileName: GUEST_PAGES[page], source: html });
      }
    },
  };
}

function guestPages(): GuestPage[] {
  return Object.keys(GUEST_PAGES) as GuestPage[];
}
