/**
 * Runs forge for the contracts, offline, from anywhere: `node contracts/forge.ts test [forge's own flags]`.
 * forge's root is the repository, so that `node_modules` lies inside it; its configuration is `foundry.toml` here.
 */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foundryBinary } from './foundry-binary.ts';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const [command = 'test', ...flags] = process.argv.slice(2);

const child = spawn(foundryBinary('forge'), [command, '--root', root, ...flags], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, FOUNDRY_CONFIG: join(here, 'foundry.toml'), FOUNDRY_DISABLE_NIGHTLY_WARNING: '1' },
});
child.on('exit', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1;
});
