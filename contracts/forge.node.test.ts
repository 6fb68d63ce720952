import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('./forge.ts', import.meta.url));

describe('forge.ts', () => {
  it('passes on how forge ended, so that a failing test fails the check', () => {
    const run = (...flags: string[]) => spawnSync(process.execPath, [script, ...flags], { encoding: 'utf8' });
    expect(run('config').status).toBe(0);
    expect(run('no-such-command').status).not.toBe(0);
  });
});
