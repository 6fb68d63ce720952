import { parseArgs } from 'node:util';
import { CHECKS, type Check } from './checks.ts';
import { type CommandResult, runCommand } from './run-command.ts';

const HELP = `npm test [-- --only NAME]...

Runs every check, cheapest first, and says at the end how many passed.
  --only NAME   only this check; may be given several times
  --help        this text

Checks:
${CHECKS.map(({ name, what }) => `  ${name.padEnd(11)} ${what}`).join('\n')}`;

/** Which checks the command line asks for; throws when it names one that does not exist. */
export function chooseChecks(names: readonly string[]): readonly Check[] {
  if (names.length === 0) return CHECKS;
  const unknown = names.find((name) => CHECKS.every((check) => check.name !== name));
  if (unknown !== undefined)
    throw new Error(`There is no check "${unknown}". Run npm test -- --help for the list.`);
  return CHECKS.filter((check) => names.includes(check.name));
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string', multiple: true }, help: { type: 'boolean' } },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  const checks = chooseChecks(values.only ?? []);
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => controller.abort());

  const failed: { check: Check; result: CommandResult }[] = [];
  for (const check of checks) {
    process.stdout.write(`${check.name.padEnd(11)} ${check.what} … `);
    const result = await runCommand('npm', ['run', '--silent', check.name], {
      limitMs: check.limitMs,
      signal: controller.signal,
    });
    if (controller.signal.aborted) {
      console.log('stopped');
      return 130;
    }
    const outcome = result.code === 0 ? 'ok' : result.isTimedOut ? 'FAILED (too slow)' : 'FAILED';
    console.log(`${outcome} (${(result.wallMs / 1_000).toFixed(1)} s)`);
    if (result.code !== 0) failed.push({ check, result });
  }
  for (const { check, result } of failed) {
    console.log(
      `\n──── ${check.name} failed; repeat it with: npm run ${check.name}\n${result.output.trimEnd()}`,
    );
  }
  console.log(`\n${checks.length - failed.length} passed, ${failed.length} failed`);
  return failed.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  }
}
