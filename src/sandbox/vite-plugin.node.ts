import type { IncomingMessage, ServerResponse } from 'node:http';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'vite';
import { type SandboxPage, renderSandboxPage } from './sandbox-page.node.ts';

const WORKER_ENTRY = fileURLToPath(new URL('./guest.worker.ts', import.meta.url));
const SOURCES = fileURLToPath(new URL('..', import.meta.url));
/** Where the app's origin serves the frame's document. */
export const SANDBOX_PAGE_PATH = '/sandbox.html';

/** Bundles the guest worker to one classic script. */
export async function bundleGuestWorker(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    build: {
      write: false,
      target: 'es2022',
      lib: { entry: WORKER_ENTRY, formats: ['iife'], name: 'kilnGuest' },
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
 * Serves and builds `/sandbox.html`, the document of every sandbox frame, with its policy as header and meta.
 *
 * @example
 * export default defineConfig({ plugins: [svelte(), sandboxPlugin()] });
 */
export function sandboxPlugin(): Plugin {
  let page: Promise<SandboxPage> | undefined;
  const render = () => (page ??= bundleGuestWorker().then(renderSandboxPage));
  const serve = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => {
    if (new URL(request.url ?? '/', 'http://localhost').pathname !== SANDBOX_PAGE_PATH) return next();
    render().then(({ html, policy }) => {
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
        if (path.startsWith(SOURCES)) page = undefined;
      });
      server.middlewares.use(serve);
    },
    configurePreviewServer(server) {
      server.middlewares.use(serve);
    },
    async generateBundle() {
      const { html } = await render();
      this.emitFile({ type: 'asset', fileName: SANDBOX_PAGE_PATH.slice(1), source: html });
    },
  };
}
