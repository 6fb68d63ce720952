import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './build.ts';
import { chooseChecks } from './check.ts';
import { CHECKS } from './checks.ts';
import { runCommand } from './run-command.ts';

test('every check is an npm script of its own', () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  expect(CHECKS.filter(({ name }) => scripts[name] === undefined)).toEqual([]);
});

test('what a check comes after is a check before it', () => {
  for (const [i, { after }] of CHECKS.entries())
    if (after !== undefined) expect(CHECKS.slice(0, i).map(({ name }) => name)).toContain(after);
});

test('chooses checks by name, in their own order', () => {
  expect(chooseChecks(['unit', 'lint']).map(({ name }) => name)).toEqual(['lint', 'unit']);
  expect(chooseChecks([])).toBe(CHECKS);
  expect(() => chooseChecks(['lin'])).toThrow('There is no check "lin"');
});

test('a command past its limit ends with all its children', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'kiln-check-'));
  const late = join(directory, 'late');
  const { signal } = new AbortController();
  const script = `(sleep 0.6; touch ${late}) & wait`;
  const result = await runCommand('bash', ['-c', script], { limitMs: 200, signal });
  expect(result).toMatchObject({ isTimedOut: true, code: 1 });
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(existsSync(late)).toBe(false);
  rmSync(directory, { recursive: true });
});

test('reports a command that does not exist', async () => {
  const { signal } = new AbortController();
  const result = await runCommand('no-such-command-here', [], { limitMs: 1_000, signal });
  expect(result.code).toBe(127);
});
