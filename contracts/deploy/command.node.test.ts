import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encryptKeystoreJson } from 'ethers';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCode } from '../../src/base/errors.ts';
import { type Anvil, startAnvil } from '../anvil.ts';
import { testGlmRuntime } from '../artifacts/test-glm-runtime.ts';
import { readDeployerKey } from './deployer-key.ts';
import { parseDeployFlags } from './flags.ts';
import { NETWORKS } from './networks.ts';
import { LOCAL_DEPLOYER_KEY } from './test-token.ts';

const MAIN = join(dirname(fileURLToPath(import.meta.url)), 'main.ts');
const KEY_DIGITS = LOCAL_DEPLOYER_KEY.slice(2);

function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const { KILN_DEPLOYER_KEY: _key, ...inherited } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...inherited, ...environment } });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  return new Promise<{ code: number | null; output: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, output })),
  );
}

const refusal = (code: string) => expect.toSatisfy((thrown: unknown) => hasCode(thrown, code));

describe('npm run contracts:deploy', () => {
  let chain: Anvil;
  let folder: string;
  let out: string;
  const amoy = () => ['--network', 'amoy', '--rpc', chain.rpcUrl, '--out', out];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiln-deploy-'));
    out = join(folder, 'network.json');
    chain = await startAnvil({ chainId: NETWORKS.amoy.chainId });
    const params = [NETWORKS.amoy.token, testGlmRuntime.code];
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'anvil_setCode', params });
    await fetch(chain.rpcUrl, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  });
  afterAll(async () => {
    await chain.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('says what it would do, refuses without a key, deploys, and says so when all is there', async () => {
    const dry = await run([...amoy(), '--dry-run']);
    expect(dry).toMatchObject({ code: 0, output: expect.stringMatching(/would be at 0x[0-9a-fA-F]{40}/) });
    expect(dry.output).toMatch(/costs 0\.\d+ POL/);
    const keyless = await run(amoy());
    expect(keyless).toMatchObject({ code: 1, output: expect.stringContaining('(deploy/no-key)') });
    await expect(readFile(out)).rejects.toThrow('ENOENT');

    const old = {
      relays: ['/dns4/relay.example.org'],
      chain: { id: 80_002, secondRpcUrl: 'https://b.example' },
    };
    await writeFile(out, JSON.stringify(old));
    const environment = { KILN_DEPLOYER_KEY: LOCAL_DEPLOYER_KEY };
    const made = await run([...amoy(), '--page-rpc', 'https://a.example'], environment);
    expect(made).toMatchObject({ code: 0, output: expect.stringContaining('Verified the voucher pool') });
    const pool = /would be at (0x[0-9a-fA-F]{40})/.exec(dry.output)![1];
    const written: unknown = JSON.parse(await readFile(out, 'utf8'));
    expect(written).toEqual({
      relays: old.relays,
      chain: {
        id: 80_002,
        name: 'Polygon Amoy',
        rpcUrl: 'https://a.example',
        secondRpcUrl: 'https://b.example',
        token: NETWORKS.amoy.token,
        pool,
        tokenSymbol: 'tGLM',
        explorerUrl: 'https://amoy.polygonscan.com',
        hasFaucet: false,
      },
    });
    const again = await run(amoy());
    expect(again).toMatchObject({ code: 0, output: expect.stringContaining('Already deployed') });
    for (const { output } of [dry, keyless, made, again]) expect(output).not.toContain(KEY_DIGITS);
  });

  it('refuses another chain, and a file that it could not write back', async () => {
    const wrong = await run(['--network', 'polygon', '--rpc', chain.rpcUrl, '--out', out]);
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('This node is on chain 80002') });
    const broken = join(folder, 'broken.json');
    for (const text of ['{', '[]', 'null']) {
      await writeFile(broken, text);
      const refused = await run(['--network', 'amoy', '--rpc', chain.rpcUrl, '--out', broken]);
      expect(refused.output).toContain('(deploy/bad-network-file)');
      expect(await readFile(broken, 'utf8')).toBe(text);
    }
  });
});

describe('the command line', () => {
  it.each([
    [[], 'deploy/bad-flag'],
    [['--network', 'mainnet', '--rpc', 'http://x'], 'deploy/unknown-network'],
    [['--network', 'constructor', '--rpc', 'http://x'], 'deploy/unknown-network'],
    [['--network', 'amoy'], 'deploy/bad-flag'],
    [['--network', 'amoy', '--rpc', 'ftp://x'], 'deploy/bad-flag'],
    [['--network', 'local', '--out', ''], 'deploy/bad-flag'],
    [['--network', 'local', '--colour'], 'deploy/bad-flag'],
    [['--network', 'local', '--private-key', '1'], 'deploy/key-as-argument'],
    [['--network', 'local', '--key=1'], 'deploy/key-as-argument'],
    [['--network', 'local', KEY_DIGITS], 'deploy/key-as-argument'],
  ])('refuses %j', (args, code) => {
    expect(() => parseDeployFlags(args)).toThrow(refusal(code));
  });

  it('takes a keystore whose name says key, and knows where anvil listens', () => {
    expect(parseDeployFlags(['--network', 'local', '--keystore', './my-key.json'])).toMatchObject({
      rpcUrl: 'http://127.0.0.1:8545',
      pageRpcUrl: 'http://127.0.0.1:8545',
      keystoreFile: './my-key.json',
      out: 'network.json',
    });
  });
});

describe('the key that pays', () => {
  it('comes from the environment, with or without 0x, and no error shows it', async () => {
    expect(await readDeployerKey(undefined, {})).toBeUndefined();
    expect(await readDeployerKey(undefined, { KILN_DEPLOYER_KEY: ` ${KEY_DIGITS} ` })).toBe(
      LOCAL_DEPLOYER_KEY,
    );
    for (const wrong of [KEY_DIGITS.slice(1), `${KEY_DIGITS}0`, 'f'.repeat(64), '0'.repeat(64)]) {
      const thrown: unknown = await readDeployerKey(undefined, { KILN_DEPLOYER_KEY: wrong }).catch((e) => e);
      expect(thrown).toEqual(refusal('deploy/bad-key'));
      expect(JSON.stringify(thrown) + String((thrown as Error).stack)).not.toContain(wrong);
    }
  });

  it('comes from an encrypted keystore file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kiln-keystore-'));
    try {
      const file = join(folder, 'key.json');
      const { address } = privateKeyToAccount(LOCAL_DEPLOYER_KEY);
      const account = { address, privateKey: LOCAL_DEPLOYER_KEY };
      await writeFile(file, await encryptKeystoreJson(account, 'open', { scrypt: { N: 1_024, r: 8, p: 1 } }));
      const open = (passphrase?: string, path = file) =>
        readDeployerKey(path, passphrase === undefined ? {} : { KILN_KEYSTORE_PASSPHRASE: passphrase });
      expect(await open('open')).toBe(LOCAL_DEPLOYER_KEY);
      await expect(open()).rejects.toEqual(refusal('deploy/no-passphrase'));
      await expect(open('wrong')).rejects.toEqual(refusal('deploy/bad-keystore'));
      await expect(open('open', join(folder, 'none.json'))).rejects.toEqual(refusal('deploy/bad-keystore'));
      await writeFile(file, '{}');
      await expect(open('open')).rejects.toEqual(refusal('deploy/bad-keystore'));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
