import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright';

/** Where distributions put a Chromium or Chrome. */
const SYSTEM_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Flags under which tests and the demo run: WebRTC over loopback, WebGPU without a GPU (SwiftShader), and no
 * traffic of the browser's own.
 */
export const chromiumArgs: readonly string[] = [
  '--no-sandbox',
  '--allow-loopback-in-peer-connection',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
];

/** A Chromium that is here already: `KILN_CHROMIUM`, the system's, Playwright's; undefined when there is none. */
export function findChromium(): string | undefined {
  const named = process.env['KILN_CHROMIUM'];
  if (named !== undefined) {
    if (!existsSync(named))
      throw new Error(`KILN_CHROMIUM names ${named}, which does not exist. Correct or unset it.`);
    return named;
  }
  return [...SYSTEM_PATHS, chromium.executablePath()].find((path) => existsSync(path));
}

/**
 * The path of a full Chromium (not headless-shell, which has no `VideoEncoder`), installed first when there is
 * none: Debian's package when this is root on a machine with apt, else Playwright's download.
 */
export function chromiumPath(): string {
  const found = findChromium();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    tryRun('apt-get', ['update']);
    tryRun('apt-get', ['install', '-y', '--no-install-recommends', 'chromium']);
  }
  if (findChromium() === undefined) {
    tryRun(process.execPath, ['node_modules/playwright/cli.js', 'install', '--no-shell', 'chromium']);
  }
  const installed = findChromium();
  if (installed !== undefined) return installed;
  throw new Error(
    'No Chromium was found, and none could be installed. Install Chromium or Chrome yourself and set KILN_CHROMIUM to its path.',
  );
}

function tryRun(command: string, args: readonly string[]): void {
  console.error(`No Chromium here yet: ${command} ${args.join(' ')}`);
  try {
    execFileSync(command, args, { stdio: ['ignore', 2, 2] });
  } catch (error) {
    console.error(`${command} failed: ${error instanceof Error ? error.message : String(error)}`);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) console.log(chromiumPath());
