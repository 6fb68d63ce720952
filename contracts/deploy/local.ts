import { deployPool, type PoolDeployment } from './deploy-pool.ts';
import { NETWORKS } from './networks.ts';
import { LOCAL_DEPLOYER_KEY } from './test-token.ts';

/** Where the contracts of a local chain are. */
export type Deployment = Pick<PoolDeployment, 'chainId' | 'token' | 'pool'>;

/**
 * Deploys test GLM and the voucher pool to a local chain, from anvil's first account. On a chain that has them already
 * (kept by anvil's state file) it deploys nothing and returns the same addresses.
 *
 * @example
 * const { chainId, token, pool } = await deployLocal('http://127.0.0.1:8545');
 */
export async function deployLocal(rpcUrl: string): Promise<Deployment> {
  const init = { network: NETWORKS.local, rpcUrl, deployerKey: LOCAL_DEPLOYER_KEY };
  const { chainId, token, pool } = await deployPool(init);
  return { chainId, token, pool };
}
