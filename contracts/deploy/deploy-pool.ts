import { encodeDeployData, erc20Abi, type Hex } from 'viem';
import { KilnError } from '../../src/base/errors.ts';
import type { Address } from '../../src/protocol/primitives.ts';
import { voucherPoolAbi, voucherPoolBytecode } from '../../src/wallet/artifacts/voucher-pool.ts';
import { testGlmRuntime } from '../artifacts/test-glm-runtime.ts';
import { type DeployChain, openChain } from './chain.ts';
import { create2Address } from './create2.ts';
import type { Network } from './networks.ts';
import { testTokenInitCode } from './test-token.ts';
import { verifyCode, verifyPool } from './verify.ts';

/** What {@link deployPool} is told. */
export interface DeployInit {
  readonly network: Network;
  readonly rpcUrl: string;
  /** Who pays for the deployment; not needed where everything is there already. */
  readonly deployerKey?: Hex;
  /** Sends nothing; says where the pool would be and what it would cost. @default false */
  readonly isDryRun?: boolean;
  /** Called with what happens, in words. */
  readonly onStep?: (step: string) => void;
}

/** Where the contracts of a network are, or would be. */
export interface PoolDeployment {
  readonly chainId: number;
  readonly token: Address;
  readonly pool: Address;
  readonly outcome: 'deployed' | 'already-there' | 'planned';
  /** Gas that is still to be spent; 0 unless planned. */
  readonly gas: bigint;
  /** The same in wei, at the price of the moment. */
  readonly cost: bigint;
}

/** A contract that has its place before it is there. */
interface Planned {
  readonly name: string;
  readonly address: Address;
  readonly initCode: Hex;
  verify(): Promise<void>;
}

/** 18 decimals are assumed wherever an amount is shown. */
const DECIMALS = 18;

/**
 * Deploys the voucher pool of a network, and a test token where the network has none, to addresses that follow from
 * code and constructor arguments alone. What is there already is verified and not deployed again.
 *
 * Throws `deploy/…` errors, and `wallet/no-gas` or `wallet/chain-unreachable`.
 *
 * @example
 * const { token, pool } = await deployPool({ network: networkOf('amoy'), rpcUrl, deployerKey });
 */
export async function deployPool(init: DeployInit): Promise<PoolDeployment> {
  const { network, rpcUrl, isDryRun = false, onStep } = init;
  const chain = await openChain(network, rpcUrl, init.deployerKey);
  const contracts: Planned[] = [];
  let { token } = network;
  if (token === undefined) contracts.push(testToken(chain, (token = create2Address(testTokenInitCode()))));
  else await assertToken(chain, token);
  const pool = voucherPool(chain, network, token);
  contracts.push(pool);

  let gas = 0n;
  let outcome: PoolDeployment['outcome'] = 'already-there';
  for (const { name, address, initCode, verify } of contracts) {
    if (await chain.hasCode(address)) {
      onStep?.(`The ${name} is at ${address} already`);
    } else if (isDryRun) {
      outcome = 'planned';
      gas += await chain.estimate(name, initCode);
      continue;
    } else {
      onStep?.(`Deploying the ${name} to ${address}`);
      outcome = 'deployed';
      await chain.deploy(name, address, initCode);
    }
    await verify();
    onStep?.(`Verified the ${name}`);
  }
  const cost = gas === 0n ? 0n : gas * (await chain.reader.getGasPrice());
  return { chainId: network.chainId, token, pool: pool.address, outcome, gas, cost };
}

function voucherPool({ reader }: DeployChain, network: Network, token: Address): Planned {
  const { chainId, thawSeconds, depositCeiling } = network;
  const args = [token, thawSeconds, depositCeiling] as const;
  const initCode = encodeDeployData({ abi: voucherPoolAbi, bytecode: voucherPoolBytecode, args });
  const address = create2Address(initCode);
  const verify = () => verifyPool(reader, { chainId, pool: address, token, thawSeconds, depositCeiling });
  return { name: 'voucher pool', address, initCode, verify };
}

function testToken({ reader }: DeployChain, address: Address): Planned {
  const verify = () => verifyCode(reader, address, testGlmRuntime);
  return { name: 'test token', address, initCode: testTokenInitCode(), verify };
}

async function assertToken({ reader }: DeployChain, address: Address): Promise<void> {
  const decimals = await reader
    .readContract({ address, abi: erc20Abi, functionName: 'decimals' })
    .catch(() => undefined);
  if (decimals === DECIMALS) return;
  throw new KilnError('deploy/no-token', 'At the address of GLM is no token with 18 decimals.', {
    data: { token: address },
    hint: 'Look at the chain and at the address of its GLM; a pool for a wrong token is worthless.',
  });
}
