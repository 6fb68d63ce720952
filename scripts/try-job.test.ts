import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from './build.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kiln-try-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function tryJob(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['scripts/try-job.ts', ...args], { cwd: ROOT }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

test('a task runs in the sandbox, its calls are traced, its outputs written', async () => {
  const { code, stdout } = await tryJob(
    'examples/guests/c/job.json',
    '--task',
    '2',
    '--trace',
    '--out',
    folder,
  );
  expect(stdout).toContain('Letters (wasi): 3 tasks, job bafkrei');
  expect(stdout).toContain('path_open(3, "text.txt") = 4');
  expect(stdout).toMatch(/task 2 \(index=2, line=8, line_end=10\): ok, [\d.]+ ms, [\d,]+ units of fuel/);
  expect(readFileSync(join(folder, 'task-2/counts.csv'), 'utf8')).toBe('8,10,38,careful\n9,9,38,believes\n');
  expect(code).toBe(0);
});

test.each([
  ['{ "version": 1, "nmae": "x" }', 'nmae: unknown key; did you mean "name"?', 'Rename it to "name"'],
  ['{ "version": 1, ', 'This job file is not JSON', 'Look for a missing or surplus comma'],
])('a job file that is wrong says what and what to do: %s', async (text, message, hint) => {
  const file = join(folder, 'job.json');
  writeFileSync(file, text);
  const { code, stderr } = await tryJob(file);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
  expect(code).toBe(1);
});

test.each([
  [['nowhere.json'], 'nowhere.json cannot be read', 'count from its own folder'],
  [['examples/guests/c/job.json', '--task', 'two'], '--task takes a whole number', '--help'],
  [['examples/guests/c/job.json', '--frob'], "Unknown option '--frob'", '--help'],
])('a command that is wrong says what and what to do: %j', async (args, message, hint) => {
  const { code, stderr } = await tryJob(...args);
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
  expect(stderr).not.toContain('    at ');
  expect(code).toBe(1);
});

test('what a program writes to standard error reaches its author', async () => {
  const job = JSON.parse(readFileSync(join(ROOT, 'examples/guests/c/job.json'), 'utf8'));
  job.program.args = ['letters'];
  for (const input of [job.program.module, job.program.files['text.txt']])
    input.file = relative(folder, join(ROOT, 'examples/guests/c', input.file));
  const file = join(folder, 'job.json');
  writeFileSync(file, JSON.stringify(job));
  const { code, stdout } = await tryJob(file);
  expect(stdout).toMatch(/exit-code: \d+/);
  expect(stdout).toContain('standard error:\nletters FIRST END');
  expect(code).toBe(1);
});

test('without a job file it says how it is used', async () => {
  const { code, stdout } = await tryJob();
  expect(stdout).toContain('npm run try -- JOB.json');
  expect(code).toBe(2);
});
