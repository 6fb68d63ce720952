import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { CHECKS, type Check } from './checks.ts';
import { type Outcome, runChecks } from './run-checks.ts';
import { type CommandResult, runCommand } from './run-command.ts';

/** Back to the start of the terminal's line, which is emptied. */
const CLEAR_LINE = '\r\x1b[2K';

const HELP = `npm test [-- --only NAME]...

Runs every check, as many side by side as there are cores for, and says at the end how many passed.
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

function describe({ check, result }: Outcome<CommandResult>): string {
  const outcome = result.code === 0 ? 'ok' : result.isTimedOut ? 'FAILED (too slow)' : 'FAILED';
  return `${check.name.padEnd(11)} ${check.what} … ${outcome} (${(result.wallMs / 1_000).toFixed(1)} s)`;
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
  const { signal } = controller;
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort());

  const outcomes = await runChecks<CommandResult>(checks, {
    cores: availableParallelism(),
    signal,
    run: ({ name, limitMs }) => runCommand('npm', ['run', '--silent', name], { limitMs, signal }),
    onChange: (running, ended) => {
      if (process.stdout.isTTY) process.stdout.write(CLEAR_LINE);
      if (ended !== undefined && !signal.aborted) console.log(describe(ended));
      const names = running.map(({ name }) => name).join(', ');
      if (process.stdout.isTTY && !signal.aborted && names !== '') process.stdout.write(`${names} …`);
    },
  });
  if (signal.aborted) {
    console.log('stopped');
    return 130;
  }
  const failed = outcomes.filter(({ result }) => result.code !== 0);
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
