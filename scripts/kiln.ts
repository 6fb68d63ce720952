import { KilnError, toKilnError } from '../src/base/errors.ts';
import { verifyRecordCommand } from './kiln/verify-record.ts';
import type { Command } from './kiln/command.ts';

/** Every command, in the order in which `--help` lists them. */
const COMMANDS: readonly Command[] = [verifyRecordCommand];

const HELP = `kiln COMMAND …       (in this repository: npm run kiln -- COMMAND …)

${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(18)}${summary}`).join('\n')}

  kiln COMMAND --help   says more about one
`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === 'help') {
    console.log(HELP);
    return name === undefined ? 2 : 0;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (command === undefined) {
    throw new KilnError('cli/no-such-command', `There is no command "${name}".`, {
      hint: `Commands: ${COMMANDS.map((each) => each.name).join(', ')}. kiln --help says more.`,
    });
  }
  if (args.includes('--help')) {
    console.log(command.help);
    return 0;
  }
  return command.run(args);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const { message, hint } = toKilnError(thrown);
  console.error(hint === undefined ? message : `${message}\n${hint}`);
  process.exitCode = 1;
}
