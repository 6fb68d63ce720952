import { parseArgs } from 'node:util';
import { multiaddr } from '@multiformats/multiaddr';
import { badFlag } from './bad-flag.ts';
import { parseRedeemFlags, REDEEM_FLAGS } from './redeem/redeem-flags.ts';
import type { RelayOptions } from './relay.ts';

/** What `--help` prints. */
export const USAGE = `Usage: node relay/main.ts [flags]

  --host HOST          IP address to listen on (default 127.0.0.1)
  --ws-port PORT       WebSockets, TCP; 0 takes a free one (default 0)
  --webrtc-port PORT   WebRTC-direct, UDP; 0 takes a free one (default 0)
  --health-port PORT   GET /healthz; 0 takes a free one (default 0)
  --announce ADDRESS   multiaddress to announce instead of the ones listened on; may be repeated
  --key-file FILE      keeps identity and certificate, so that addresses survive a restart
  --help               this text

To redeem vouchers for payees (relay/README.md says how):
  --redeem-network FILE      network.json of the chain and pool; turns redeeming on
  --redeem-folder DIRECTORY  keeps accepted vouchers; needed with --redeem-network
  --redeem-key-file FILE     private key that pays for gas (default: the environment's KILN_REDEEM_KEY)
  --redeem-fee GLM           least fee for each voucher and once for the payout (default 0: you pay)
  --redeem-worth TIMES       a payee's vouchers must be worth this many times their gas (default 50; 1 with a fee)
  --redeem-max-gwei PRICE    sends nothing while gas costs more (default 500)
  --redeem-coins-per-day N   most native coin spent on gas in a day (default 1 POL or 0.01 ETH; none with a fee)
  --redeem-every SECONDS     time between two rounds (default 30)
  --redeem-patience SECONDS  then a transaction that no block takes is sent again, dearer (default 120)`;

/** The options that these arguments mean; throws `relay/bad-flag` with a hint that says what to do. */
export function parseFlags(args: readonly string[]): RelayOptions | 'help' {
  const text = { type: 'string' } as const;
  const options = {
    host: text,
    'ws-port': text,
    'webrtc-port': text,
    'health-port': text,
    announce: { type: 'string', multiple: true },
    'key-file': text,
    ...REDEEM_FLAGS,
    help: { type: 'boolean' },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false }));
  } catch (cause) {
    throw badFlag(cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : String(cause), cause);
  }
  if (values.help) return 'help';
  values.announce?.forEach(checkAddress);
  const redeem = parseRedeemFlags(values);
  return {
    ...(values.host === undefined ? {} : { host: checkHost(values.host) }),
    wsPort: port('--ws-port', values['ws-port']),
    webrtcPort: port('--webrtc-port', values['webrtc-port']),
    healthPort: port('--health-port', values['health-port']),
    ...(values.announce === undefined ? {} : { announce: values.announce }),
    ...(values['key-file'] === undefined ? {} : { keyFile: values['key-file'] }),
    ...(redeem === undefined ? {} : { redeem }),
  };
}

function port(flag: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const number = Number(text);
  if (/^\d+$/.test(text) && number <= 65_535) return number;
  throw badFlag(`${flag} takes a port from 0 to 65535, not "${text}".`);
}

function checkHost(host: string): string {
  if (/^[0-9.]+$/.test(host) || host.includes(':')) return host;
  throw badFlag(`--host takes an IP address, not "${host}".`);
}

function checkAddress(text: string): void {
  try {
    multiaddr(text);
  } catch (cause) {
    throw badFlag(
      `--announce takes a multiaddress such as /dns4/relay.example.org/tcp/443/tls/ws, not "${text}".`,
      cause,
    );
  }
}
