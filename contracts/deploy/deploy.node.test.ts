import { createTestClient, type Hex, http, publicActions, walletActions } from 'viem';
import { generatePrivateKey } from 'viem/accounts';
import { afterEach, describe, expect, it } from 'vitest';
import { hasCode } from '../../src/base/errors.ts';
import { type Anvil, startAnvil } from '../anvil.ts';
import { testGlmRuntime } from '../artifacts/test-glm-runtime.ts';
import {
  CREATE2_PROXY,
  CREATE2_PROXY_CODE,
  CREATE2_PROXY_DEPLOYER,
  CREATE2_PROXY_TRANSACTION,
} from './create2.ts';
import { deployPool } from './deploy-pool.ts';
import { deployLocal } from './local.ts';
import { type NetworkName, NETWORKS } from './networks.ts';
import { LOCAL_DEPLOYER_KEY } from './test-token.ts';
import { verifyPool } from './verify.ts';

let chain: Anvil;
afterEach(() => chain.stop());

/** A real chain with the id of a network and, where the network has GLM, code that behaves like it. */
async function start(name: NetworkName, chainId = NETWORKS[name].chainId) {
  chain = await startAnvil({ chainId });
  const client = createTestClient({ mode: 'anvil', transport: http(chain.rpcUrl) })
    .extend(publicActions)
    .extend(walletActions);
  const { token } = NETWORKS[name];
  if (token !== undefined) await client.setCode({ address: token, bytecode: testGlmRuntime.code });
  const init = { network: NETWORKS[name], rpcUrl: chain.rpcUrl, deployerKey: LOCAL_DEPLOYER_KEY };
  return { client, init };
}

const refusal = (code: string) => expect.toSatisfy((thrown: unknown) => hasCode(thrown, code));
const PUBLIC: NetworkName[] = ['amoy', 'hoodi', 'polygon'];

describe('a deployment', () => {
  it.each(PUBLIC)('to %s is verified, lies where it was foretold, and happens once', async (name) => {
    const { client, init } = await start(name);
    const planned = await deployPool({ ...init, isDryRun: true });
    expect(planned.outcome).toBe('planned');
    expect(planned.gas).toBeGreaterThan(1_000_000n);
    expect(planned.cost).toBeGreaterThan(planned.gas);
    expect(await client.getBlockNumber()).toBe(0n);

    const made = await deployPool(init);
    expect(made).toMatchObject({ outcome: 'deployed', pool: planned.pool, token: NETWORKS[name].token });
    const blocks = await client.getBlockNumber();
    const { network, rpcUrl } = init;
    // Not even a key is needed where all is there already.
    expect(await deployPool({ network, rpcUrl })).toMatchObject({
      outcome: 'already-there',
      pool: made.pool,
    });
    expect(await deployPool({ ...init, deployerKey: generatePrivateKey() })).toMatchObject({
      pool: made.pool,
    });
    expect(await client.getBlockNumber()).toBe(blocks);
  });

  it('costs what the dry run said', async () => {
    const { client, init } = await start('polygon');
    const { gas } = await deployPool({ ...init, isDryRun: true });
    await deployPool(init);
    const { gasUsed } = await client.getBlock();
    expect(Math.abs(Number(gasUsed - gas))).toBeLessThan(Number(gas) / 20);
  });

  it('is refused on another chain than the named one, whoever pays', async () => {
    const { client, init } = await start('polygon', 1);
    await expect(deployPool(init)).rejects.toEqual(refusal('deploy/wrong-chain'));
    await expect(deployPool({ ...init, isDryRun: true })).rejects.toEqual(refusal('deploy/wrong-chain'));
    expect(await client.getBlockNumber()).toBe(0n);
  });

  it('is refused where GLM should be and is not', async () => {
    const { client, init } = await start('amoy');
    await client.setCode({ address: NETWORKS.amoy.token!, bytecode: '0x' });
    await expect(deployPool(init)).rejects.toEqual(refusal('deploy/no-token'));
  });

  it('needs a key with money, and says which is missing', async () => {
    const { init } = await start('amoy');
    const { network, rpcUrl } = init;
    await expect(deployPool({ network, rpcUrl })).rejects.toEqual(refusal('deploy/no-key'));
    const poor = deployPool({ ...init, deployerKey: generatePrivateKey() });
    await expect(poor).rejects.toEqual(refusal('wallet/no-gas'));
  });

  it('does not trust another contract at the address of the proxy, nor adds one to a public chain', async () => {
    const { client, init } = await start('amoy');
    await client.setCode({ address: CREATE2_PROXY, bytecode: '0x00' });
    await expect(deployPool(init)).rejects.toEqual(refusal('deploy/wrong-proxy'));
    await client.setCode({ address: CREATE2_PROXY, bytecode: '0x' });
    await expect(deployPool(init)).rejects.toEqual(refusal('deploy/no-proxy'));
  });
});

describe('verification', () => {
  it.each([
    ['a byte of the code', (code: string) => flip(code, 2_000)],
    [
      'the deposit ceiling inside the code',
      (code: string) => code.replaceAll('d3c21bcecceda1000000', 'd3c21bcecceda1000001'),
    ],
    ['a byte less', (code: string) => code.slice(0, -2)],
    ['a byte more', (code: string) => `${code}00`],
  ])('notices %s', async (_what, tamper) => {
    const { client, init } = await start('local');
    const { pool, token } = await deployPool(init);
    const code = (await client.getCode({ address: pool }))!;
    const tampered = tamper(code) as Hex;
    expect(tampered).not.toBe(code);
    await client.setCode({ address: pool, bytecode: tampered });
    await expect(deployPool(init)).rejects.toEqual(refusal('deploy/wrong-code'));
    await client.setCode({ address: pool, bytecode: code });
    const expected = { ...init.network, pool, token };
    await verifyPool(client, expected);
    for (const wrong of [{ thawSeconds: 61 }, { depositCeiling: 1n }, { token: pool }, { chainId: 1 }])
      await expect(verifyPool(client, { ...expected, ...wrong })).rejects.toEqual(
        refusal('deploy/wrong-code'),
      );
    await expect(verifyPool(client, { ...expected, pool: `0x${'11'.repeat(20)}` })).rejects.toEqual(
      refusal('deploy/not-deployed'),
    );
  });

  it('notices a node whose answers are not those of the code', async () => {
    const { client, init } = await start('local');
    const { pool, token } = await deployPool(init);
    // The contract's own digests follow the chain it finds itself on, whatever its constructor found.
    await client.request({ method: 'anvil_setChainId', params: [137] } as never);
    await expect(verifyPool(client, { ...init.network, pool, token })).rejects.toEqual(
      refusal('deploy/wrong-answer'),
    );
  });

  it('notices a test token that is not ours', async () => {
    const { client, init } = await start('local');
    const { token } = await deployLocal(chain.rpcUrl);
    await client.setCode({ address: token, bytecode: flip(testGlmRuntime.code, 500) as Hex });
    await expect(deployPool(init)).rejects.toEqual(refusal('deploy/wrong-code'));
  });
});

describe('the CREATE2 proxy', () => {
  it('is the one that everybody uses: its known transaction makes its known code', async () => {
    const { client } = await start('local');
    await client.setBalance({ address: CREATE2_PROXY_DEPLOYER, value: 10n ** 18n });
    await client.setCode({ address: CREATE2_PROXY, bytecode: '0x' });
    const hash = await client.sendRawTransaction({ serializedTransaction: CREATE2_PROXY_TRANSACTION });
    const receipt = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
    expect(receipt.contractAddress?.toLowerCase()).toBe(CREATE2_PROXY.toLowerCase());
    expect(await client.getCode({ address: CREATE2_PROXY })).toBe(CREATE2_PROXY_CODE);
  });

  it('is made on a local chain that lacks it', async () => {
    const { client, init } = await start('local');
    const { pool } = await deployPool({ ...init, isDryRun: true });
    await client.setCode({ address: CREATE2_PROXY, bytecode: '0x' });
    expect(await deployPool(init)).toMatchObject({ outcome: 'deployed', pool });
    expect(await client.getCode({ address: CREATE2_PROXY })).toBe(CREATE2_PROXY_CODE);
  });
});

function flip(code: string, at: number): string {
  return code.slice(0, at) + (code[at] === '0' ? '1' : '0') + code.slice(at + 1);
}
