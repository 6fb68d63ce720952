// The one script that runs on any Node from 20.19 on: it installs what is missing, then starts the named script
// with the project's own Node 24. Everything else is TypeScript that this Node runs directly.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isInstalled } from './installed.mjs';

const root = join(import.meta.dirname, '..');
const [script, ...flags] = process.argv.slice(2);
/** How soon an orphan notices. */
const PARENT_CHECK_MS = 1_000;
const isWindows = process.platform === 'win32';
const ownNode = join(root, 'node_modules', 'node', 'bin', isWindows ? 'node.exe' : 'node');

if (script === undefined || !existsSync(join(root, 'scripts', `${script}.ts`))) {
  console.error('Usage: node scripts/bootstrap.mjs start|check [flags]');
  process.exit(2);
}
install();
run();

function install() {
  if (isInstalled(root) && existsSync(ownNode)) return;
  const isFirst = !existsSync(join(root, 'node_modules'));
  // `npm ci` for a fresh clone; `npm install` mends an older tree in place. If the lock file does not fit this
  // platform, `npm install` still works.
  const attempts = isFirst ? ['ci', 'install'] : ['install'];
  for (const attempt of attempts) {
    console.error(`Installing what is missing (npm ${attempt}); the first time takes about a minute …`);
    const { status } = spawnSync('npm', [attempt, '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 2, 2],
      shell: isWindows,
    });
    if (status === 0 && existsSync(ownNode)) return;
  }
  console.error('npm could not install the packages. Read its messages above; is the registry reachable?');
  process.exit(1);
}

function run() {
  const bin = join(root, 'node_modules', '.bin');
  const separator = isWindows ? ';' : ':';
  const child = spawn(ownNode, [join(root, 'scripts', `${script}.ts`), ...flags], {
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${separator}${process.env.PATH ?? ''}`, NODE_NO_WARNINGS: '1' },
  });
  // The terminal sends Ctrl-C to both; the child decides when it is done.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  // A shell between npm and us does not pass signals on: when it is gone, so is the reader of our output.
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), PARENT_CHECK_MS).unref();
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
