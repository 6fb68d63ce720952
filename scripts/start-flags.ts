import { parseArgs } from 'node:util';

/** What `npm start` was asked for. */
export interface StartFlags {
  readonly isHelp: boolean;
  readonly isDemo: boolean;
  /** Where the demo writes. */
  readonly out: string;
  readonly providers: number;
  readonly frames: number;
  /** Wished port of the app. */
  readonly port: number;
}

/** A friendly fixed address, so that a bookmark works; the next free port is taken when it is in use. */
const DEFAULT_APP_PORT = 8484;
/** Each provider is a browser context of its own; more do not fit a laptop. */
const MAX_PROVIDERS = 16;
/** As many as the example takes. */
const MAX_FRAMES = 480;

/** What `--help` prints. */
export const START_HELP = `npm start                      chain, relay and app on this machine; prints one address
npm start -- --demo            renders the example animation through the whole market

  --port PORT       wished port of the app (default ${DEFAULT_APP_PORT}; the next free one if taken)
  --demo            headless demo: provider tabs, one job, video, vouchers redeemed
  --out DIR         where the demo writes its video and report.json (default ./kiln-demo)
  --providers N     provider tabs of the demo, 2 to ${MAX_PROVIDERS} (default 3)
  --frames N        frames of the demo, 1 to ${MAX_FRAMES} (default 24)
  --help            this text`;

/** Reads the command line; throws an error that says which flag is wrong and what it takes. */
export function parseStartFlags(args: readonly string[]): StartFlags {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { demo: flag, help: flag, out: text, providers: text, frames: text, port: text },
    }));
  } catch (error) {
    const what = error instanceof Error ? error.message.split('. ')[0] : String(error);
    throw new Error(`${what}. Run npm start -- --help for the list.`, { cause: error });
  }
  const isDemo = values.demo ?? false;
  for (const name of ['out', 'providers', 'frames'] as const) {
    if (values[name] !== undefined && !isDemo) throw new Error(`--${name} goes with --demo.`);
  }
  if (values.out === '') throw new Error('--out takes a folder.');
  return {
    isHelp: values.help ?? false,
    isDemo,
    out: values.out ?? 'kiln-demo',
    // Two results per frame are compared, and never from the same payee.
    providers: wholeNumber('--providers', values.providers, 3, 2, MAX_PROVIDERS),
    frames: wholeNumber('--frames', values.frames, 24, 1, MAX_FRAMES),
    port: wholeNumber('--port', values.port, DEFAULT_APP_PORT, 1, 65_535),
  };
}

function wholeNumber(
  flag: string,
  text: string | undefined,
  fallback: number,
  min: number,
  max: number,
): number {
  if (text === undefined) return fallback;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= min && number <= max) return number;
  throw new Error(`${flag} takes a whole number from ${min} to ${max}, not "${text}".`);
}
