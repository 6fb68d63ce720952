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

test.each([
  [['--ws-port', '70000'], '--ws-port'],
  [['--health-port', '-1'], '--health-port'],
  [['--webrtc-port', 'http'], '--webrtc-port'],
  [['--host', 'example.org'], '--host'],
  [['--announce', 'relay.example.org:443'], '--announce'],
  [['--colour'], '--colour'],
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
