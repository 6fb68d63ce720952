import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFlags } from './flags.ts';
import { loadRelayKeys } from './keys.ts';

test('flags become options', () => {
  const announce = '/dns4/relay.example.org/tcp/443/tls/ws';
  expect(
    parseFlags(['--ws-port', '9001', '--announce', announce, '--key-file', 'keys.json', '--host', '0.0.0.0']),
  ).toEqual({
    host: '0.0.0.0',
    wsPort: 9001,
    webrtcPort: 0,
    healthPort: 0,
    announce: [announce],
    keyFile: 'keys.json',
  });
  expect(parseFlags(['--help'])).toBe('help');
});

test('flags of redeeming become options, and only together', () => {
  const flags = ['--redeem-network', 'network.json', '--redeem-folder', 'queue', '--redeem-fee', '0.5'];
  const more = ['--redeem-max-gwei', '30.5', '--redeem-coins-per-day', '2', '--redeem-every', '60'];
  expect(parseFlags([...flags, ...more, '--redeem-worth', '20', '--redeem-patience', '90'])).toMatchObject({
    redeem: {
      networkFile: 'network.json',
      folder: 'queue',
      fee: 500_000_000_000_000_000n,
      worth: 20n,
      maxWeiPerGas: 30_500_000_000n,
      maxWeiPerDay: 2_000_000_000_000_000_000n,
      roundMs: 60_000,
      patienceMs: 90_000,
    },
  });
  expect(parseFlags([])).not.toHaveProperty('redeem');
});

test.each([
  [['--ws-port', '70000'], '--ws-port'],
  [['--health-port', '-1'], '--health-port'],
  [['--webrtc-port', 'http'], '--webrtc-port'],
  [['--host', 'example.org'], '--host'],
  [['--announce', 'relay.example.org:443'], '--announce'],
  [['--colour'], '--colour'],
  [['--redeem-network', 'network.json'], '--redeem-folder'],
  [['--redeem-fee', '1'], '--redeem-network'],
  [['--redeem-network', 'n', '--redeem-folder', 'f', '--redeem-fee', 'much'], '--redeem-fee'],
  [['--redeem-network', 'n', '--redeem-folder', 'f', '--redeem-every', '0'], '--redeem-every'],
  [['stray'], 'stray'],
])('%j is refused, naming the flag and what to do', (args, named) => {
  expect(() => parseFlags(args)).toThrow(
    expect.objectContaining({
      code: 'relay/bad-flag',
      message: expect.stringContaining(named),
      hint: expect.stringContaining('--help'),
    }),
  );
});

test('keys are made once, for their owner alone, and a damaged file is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kiln-keys-'));
  try {
    const path = join(folder, 'keys.json');
    const made = await loadRelayKeys(path);
    expect(await loadRelayKeys(path)).toEqual({ seed: made.seed, certificate: made.certificate });
    expect((await stat(path)).mode & 0o077).toBe(0);
    await writeFile(path, (await readFile(path, 'utf8')).slice(0, 40));
    await expect(loadRelayKeys(path)).rejects.toMatchObject({ code: 'relay/bad-key-file', data: { path } });
    await expect(loadRelayKeys(join(folder, 'no', 'such', 'folder'))).rejects.toMatchObject({
      code: 'relay/bad-key-file',
    });
  } finally {
    await rm(folder, { recursive: true });
  }
});
