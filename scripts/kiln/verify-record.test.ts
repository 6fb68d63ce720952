import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MarketDay } from '../../tests/mesh/market-day.ts';
import { lieAbout, trueOutput } from '../../tests/mesh/twins/fake-sandbox.ts';
import { ROOT } from '../build.ts';

const folder = mkdtempSync(join(tmpdir(), 'kiln-record-'));
const recordFile = join(folder, 'run.kiln-run');
let liar: string;
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  await using day = new MarketDay();
  liar = (await day.provider({ tamper: lieAbout(() => true) })).peer.identity.peer;
  await day.provider();
  await day.provider();
  const { requestor } = await day.requestor();
  const job = await day.submit(requestor, 4);
  await day.untilEnded(requestor, job);
  writeFileSync(recordFile, await requestor.runRecord(job));
  for (let task = 0; task < 4; task++) {
    mkdirSync(join(folder, 'out', `task-00000${task}`), { recursive: true });
    writeFileSync(join(folder, 'out', `task-00000${task}`, 'stdout'), await trueOutput(job, task));
  }
});

function kiln(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'scripts', 'kiln.ts'), ...args],
    { cwd: folder, encoding: 'utf8', env: { ...process.env, INIT_CWD: folder } },
  );
  return { status, stdout, stderr };
}

test('a record and its output files hold: the liar is named, the exit code is 0', () => {
  const { status, stdout, stderr } = kiln('verify-record', 'run.kiln-run', '--outputs', 'out');
  expect(stderr).toBe('');
  expect(stdout).toMatch(/"mesh job", job bafk/);
  expect(stdout).toMatch(/Done: 4 of 4 tasks verified, \d+ results of 3 providers/);
  expect(stdout).toMatch(/4 output files\./);
  expect(stdout).toMatch(new RegExp(`\\n {2}task [1-4], ${liar}: `));
  expect(stdout).toMatch(/It signed [0-9a-f]{8}…, [0-9a-f]{8}… stands\./);
  expect(stdout).toMatch(/Everything holds\.\s*$/);
  expect(status).toBe(0);
});

test('an output file that was changed is named, the exit code is 1', () => {
  const changed = join(folder, 'changed', 'task-2');
  mkdirSync(changed, { recursive: true });
  writeFileSync(join(changed, 'stdout'), 'something else');
  const { status, stdout } = kiln('verify-record', 'run.kiln-run', '--outputs', 'changed');
  expect(stdout).toMatch(/One thing does not hold:\n {2}task 3: The file stdout is not what was verified/);
  expect(status).toBe(1);
});

test('--json has everything', () => {
  const { status, stdout } = kiln('verify-record', 'run.kiln-run', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    findings: [],
    checked: { agreements: 3 },
    refuted: [{ peer: liar, isProven: true }],
    report: { tasks: 4, verified: 4, rejected: [{ peer: liar }] },
  });
  expect(status).toBe(0);
});

test.each<[string, string[], RegExp]>([
  ['nothing', [], /kiln COMMAND/],
  ['another command', ['verfy'], /There is no command "verfy"\.\nCommands: verify-record/],
  ['no file', ['verify-record'], /It takes one file\.\nkiln verify-record --help/],
  ['an unknown flag', ['verify-record', '--frames'], /Unknown option '--frames'/],
  ['a file that is not there', ['verify-record', 'nowhere'], /nowhere cannot be read\.\nName the file/],
  ['a file that is no record', ['verify-record', 'out/task-000000/stdout'], /is no record of a run: /],
  [
    'a folder without outputs',
    ['verify-record', 'run.kiln-run', '--outputs', 'out/task-000000'],
    /holds no outputs/,
  ],
  ['no folder', ['verify-record', 'run.kiln-run', '--outputs', 'nowhere'], /cannot be read/],
])('%s is refused with words that help', (_, args, words) => {
  const { status, stdout, stderr } = kiln(...args);
  expect(`${stdout}${stderr}`).toMatch(words);
  expect(status).not.toBe(0);
});

test('the command itself runs on any Node and says what there is', () => {
  const { status, stdout } = spawnSync(join(ROOT, 'scripts', 'bin.mjs'), ['--help'], { encoding: 'utf8' });
  expect(stdout).toMatch(/verify-record {5}checks the signed record/);
  expect(status).toBe(0);
});
