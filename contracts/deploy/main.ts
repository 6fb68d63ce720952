/** `npm run contracts:deploy`: deploys the voucher pool to a network, verifies it, writes network.json. */
import { formatEther } from 'viem';
import { toKilnError } from '../../src/base/errors.ts';
import { nativeCoin } from '../../src/wallet/chain/chain.ts';
import { deployPool } from './deploy-pool.ts';
import { readDeployerKey } from './deployer-key.ts';
import { DEPLOY_HELP, type DeployFlags, parseDeployFlags } from './flags.ts';
import { readNetworkFile, writeChainSection } from './network-file.ts';
import { LOCAL_DEPLOYER_KEY } from './test-token.ts';

async function run(flags: DeployFlags): Promise<void> {
  const { network, rpcUrl, isDryRun, out } = flags;
  const { chainId, title, tokenSymbol, explorerUrl, hasFaucet } = network;
  // Before anything is spent: is there a place for the result?
  const file = await readNetworkFile(out);
  const given = await readDeployerKey(flags.keystoreFile, process.env);
  const deployerKey = given ?? (hasFaucet ? LOCAL_DEPLOYER_KEY : undefined);
  const onStep = (step: string) => console.log(step);
  const { token, pool, outcome, gas, cost } = await deployPool({
    network,
    rpcUrl,
    isDryRun,
    onStep,
    ...(deployerKey === undefined ? {} : { deployerKey }),
  });
  if (outcome === 'planned') {
    const coin = nativeCoin(chainId).symbol;
    console.log(
      `Nothing was sent. On ${title} (${chainId}) the pool would be at ${pool}, for GLM at ${token}.`,
    );
    console.log(`Gas: ${gas}, which costs ${formatEther(cost)} ${coin} at the price of this moment.`);
    return;
  }
  console.log(
    `${outcome === 'deployed' ? 'Deployed' : 'Already deployed'} on ${title} (${chainId}): ${pool}`,
  );
  if (isDryRun) return;
  await writeChainSection(out, file, {
    id: chainId,
    name: title,
    rpcUrl: flags.pageRpcUrl,
    token,
    pool,
    tokenSymbol,
    hasFaucet,
    ...(explorerUrl === undefined ? {} : { explorerUrl }),
  });
  console.log(`Wrote ${out}; everybody can read it, so its rpcUrl must hold no secret.`);
}

try {
  const flags = parseDeployFlags(process.argv.slice(2));
  if (flags === undefined) console.log(DEPLOY_HELP);
  else await run(flags);
} catch (thrown) {
  const { code, message, hint } = toKilnError(thrown, 'deploy/failed');
  console.error(`${message}${hint === undefined ? '' : ` ${hint}`} (${code})`);
  process.exitCode = 1;
}
