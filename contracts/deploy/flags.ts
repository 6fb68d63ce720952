import { parseArgs } from 'node:util';
import { KilnError } from '../../src/base/errors.ts';
import { type Network, networkOf, NETWORKS } from './networks.ts';

/** What `npm run contracts:deploy` was asked for. */
export interface DeployFlags {
  readonly network: Network;
  readonly rpcUrl: string;
  /** What the page will use; may differ from the operator's own node. */
  readonly pageRpcUrl: string;
  readonly out: string;
  readonly keystoreFile?: string;
  readonly isDryRun: boolean;
}

/** Where anvil listens unless told otherwise. */
const LOCAL_RPC_URL = 'http://127.0.0.1:8545';

/** What `--help` prints. */
export const DEPLOY_HELP = `npm run contracts:deploy -- --network NAME     deploys the voucher pool, verifies it, writes network.json

  --network NAME    ${Object.keys(NETWORKS).join(', ')}
  --rpc URL         a node of that network (default for local: ${LOCAL_RPC_URL})
  --page-rpc URL    the node that network.json names, for everybody to see (default: that of --rpc)
  --out FILE        the file to write; everything in it but the chain is kept (default ./network.json)
  --keystore FILE   encrypted key of the paying account; its passphrase in KILN_KEYSTORE_PASSPHRASE
                    (without it the key itself in KILN_DEPLOYER_KEY; local needs none)
  --dry-run         sends nothing; says where the pool would be and what it would cost
  --help            this text`;

/** Reads the command line; `undefined` asks for help. Throws `deploy/bad-flag`, `deploy/key-as-argument` and others. */
export function parseDeployFlags(args: readonly string[]): DeployFlags | undefined {
  // Any word that is or brings a key: it has been seen by other processes and by the shell's history.
  if (args.some((arg) => /^--?[a-z-]*key(=|$)|^(0x)?[0-9a-f]{64}$/i.test(arg))) {
    throw new KilnError('deploy/key-as-argument', 'A key is never given as an argument.', {
      hint: 'Take a new key, for this one may have been seen, and set KILN_DEPLOYER_KEY in the environment.',
    });
  }
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    network: text,
    rpc: text,
    'page-rpc': text,
    out: text,
    keystore: text,
    'dry-run': flag,
    help: flag,
  };
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (cause) {
    throw badFlag(String((cause as Error).message).split('. ')[0]!);
  }
  if (values.help === true) return undefined;
  if (values.network === undefined) throw badFlag('--network is missing');
  const rpcUrl = values.rpc ?? (values.network === 'local' ? LOCAL_RPC_URL : undefined);
  if (rpcUrl === undefined) throw badFlag('--rpc is missing');
  if (values.out === '') throw badFlag('--out takes a file');
  return {
    network: networkOf(values.network),
    rpcUrl: checkedUrl('--rpc', rpcUrl),
    pageRpcUrl: checkedUrl('--page-rpc', values['page-rpc'] ?? rpcUrl),
    out: values.out ?? 'network.json',
    isDryRun: values['dry-run'] ?? false,
    ...(values.keystore === undefined ? {} : { keystoreFile: values.keystore }),
  };
}

function checkedUrl(flag: string, text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw badFlag(`${flag} takes an address that begins with http:// or https://`);
}

function badFlag(what: string): KilnError {
  return new KilnError('deploy/bad-flag', `${what}.`, {
    hint: 'Run npm run contracts:deploy -- --help for the list.',
  });
}
