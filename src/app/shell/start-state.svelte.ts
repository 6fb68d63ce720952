import * as v from 'valibot';
import { KilnError, toKilnError } from '../../base/errors.ts';
import type { Kiln, NetworkConfig } from '../../kiln/kiln.ts';
import { type Address, addressSchema } from '../../protocol/primitives.ts';

const relayAddressSchema = v.pipe(
  v.string(),
  v.startsWith('/', 'a relay is a multiaddress such as /dns4/relay.example/tcp/443/tls/ws'),
);

/** Chromium warns of more than four, because they slow down finding a path. */
const MAX_STUN_SERVERS = 4;

const stunServerSchema = v.pipe(
  v.string(),
  v.regex(/^stuns?:[^\s/?#@]+$/, 'a STUN server is written like stun:stun.example.org:3478'),
);

const chainAddressSchema = v.pipe(
  addressSchema,
  v.transform((text) => text as Address),
);

/** Form of `network.json`; an operator writes it by hand, so what is wrong is named. */
const networkConfigSchema = v.object({
  relays: v.array(relayAddressSchema),
  redeemRelay: v.exactOptional(relayAddressSchema),
  stunServers: v.exactOptional(v.pipe(v.array(stunServerSchema), v.maxLength(MAX_STUN_SERVERS))),
  chain: v.object({
    id: v.pipe(v.number(), v.safeInteger()),
    name: v.string(),
    rpcUrl: v.string(),
    secondRpcUrl: v.exactOptional(v.pipe(v.string(), v.startsWith('http'))),
    tokensPerCoin: v.exactOptional(v.pipe(v.number(), v.finite(), v.minValue(0))),
    token: chainAddressSchema,
    pool: chainAddressSchema,
    tokenSymbol: v.string(),
    explorerUrl: v.exactOptional(v.pipe(v.string(), v.startsWith('http'))),
    hasFaucet: v.boolean(),
  }),
});

/** Start-up: reads `network.json`, builds the node, says what it does, keeps what went wrong. */
export class StartState {
  step = $state('Reading the network configuration');
  error = $state.raw<KilnError>();

  /** The running node, or undefined when it could not start; then `error` says why. */
  async run(
    createKiln: (config: NetworkConfig, onStep: (step: string) => void) => Promise<Kiln>,
  ): Promise<Kiln | undefined> {
    try {
      const config = await readNetworkConfig(new URL('network.json', document.baseURI));
      return await createKiln(config, (step) => (this.step = step));
    } catch (thrown) {
      this.error = toKilnError(thrown, 'app/start-failed');
      return undefined;
    }
  }
}

/** Loads and checks `network.json`; throws a named error that says how to get a right one. */
export async function readNetworkConfig(url: URL): Promise<NetworkConfig> {
  const response = await fetch(url, { cache: 'no-cache' });
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  if (!response.ok || !isJson) {
    throw new KilnError('app/no-network-config', 'There is no network.json beside this page.', {
      hint: 'Start everything with "npm start", or put a network.json with your relays and chain beside index.html.',
      data: { url: url.href, status: response.status },
    });
  }
  const parsed = v.safeParse(networkConfigSchema, await response.json().catch(() => undefined));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new KilnError(
    'app/bad-network-config',
    `network.json is wrong at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}.`,
    {
      hint: 'Correct the file and reload. docs/ has a sample for each chain.',
    },
  );
}
