/** Does `node_modules` hold what the lock file asks for? */
export function isInstalled(root: string): boolean;
