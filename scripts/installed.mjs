import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Does `node_modules` hold what the lock file asks for? Compares npm's own record of what it installed with
 * `package-lock.json`, so it costs milliseconds and needs no network.
 *
 * @param {string} root The repository.
 * @returns {boolean}
 */
export function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined || present === undefined) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    // Packages for other platforms and optional peers are rightly absent.
    if (path === '' || entry.optional || entry.devOptional || entry.peer || entry.extraneous) return true;
    return present[path]?.version === entry.version;
  });
}

/** @returns {Record<string, { version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean, extraneous?: boolean }> | undefined} */
function readPackages(/** @type {string} */ file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}
