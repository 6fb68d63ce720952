import { toKilnError } from '../src/base/errors.ts';
import { parseFlags, USAGE } from './flags.ts';
import { startRelay } from './relay.ts';

/* `node relay/main.ts`: runs one relay until it is told to stop. */

try {
  const flags = parseFlags(process.argv.slice(2));
  if (flags === 'help') {
    console.log(USAGE);
  } else {
    const relay = await startRelay(flags, process.env);
    console.log(
      [
        relay.redeemAccount === undefined
          ? 'Relay is up.'
          : `Relay is up and redeems; gas is paid by ${relay.redeemAccount}.`,
        ...relay.multiaddrs.map((address) => `  ${address}`),
        `  ${relay.healthUrl}`,
      ].join('\n'),
    );
    const stop = () => void relay.stop().then(() => process.exit(0));
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  }
} catch (thrown) {
  const error = toKilnError(thrown, 'relay/failed');
  console.error([error.message, error.hint].filter(Boolean).join('\n'));
  process.exitCode = 1;
}
