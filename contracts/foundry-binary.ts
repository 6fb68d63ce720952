import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Path of Foundry's native program inside its npm package. npm's own launcher script is not used: it swallows exit
 * codes, and stopping it is not stopping the program.
 */
export function foundryBinary(tool: 'anvil' | 'forge'): string {
  const name = `@foundry-rs/${tool}-${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const requireModule = createRequire(import.meta.url);
  try {
    const folder = dirname(requireModule.resolve(`${name}/package.json`));
    return join(folder, 'bin', process.platform === 'win32' ? `${tool}.exe` : tool);
  } catch (cause) {
    throw new Error(`${tool} has no package for this platform (${name}). Run npm install again.`, { cause });
  }
}
