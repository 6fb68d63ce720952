import { hasCode } from '../base/errors.ts';
import { strongRandom } from '../base/random.ts';
import { Scope } from '../base/scope.ts';
import { every, sleep, systemClock } from '../base/time.ts';
import { suggestPrice } from '../market/price/suggest-price.ts';
import { newGroupKey } from '../market/match/group-key.ts';
import { createNetwork } from '../network/create-network.ts';
import { newIdentitySeed } from '../protocol/identity.ts';
import { Provider } from '../provider/provider.ts';
import { openPromises } from '../requestor/pay/open-promises.ts';
import { FraudDesk } from '../requestor/evidence/fraud-desk.ts';
import { Requestor } from '../requestor/requestor.ts';
import { probeGpu } from '../sandbox/gpu/probe-gpu.ts';
import { createSandbox } from '../sandbox/sandbox.ts';
import { holdRole } from '../storage/hold-role.ts';
import { openStore } from '../storage/idb-store.ts';
import { memoryStore } from '../storage/memory-store.ts';
import type { Collection } from '../base/collection.ts';
import type { Store } from '../storage/store.ts';
import { OLD_TAB_GRACE_MS, OLD_TAB_POLL_MS, STORE_NAME } from './constants.ts';
import { DeviceActivity } from './device/activity.ts';
import { browserIdleApi } from './device/idle-api.ts';
import { ThisDevice } from './device/this-device.ts';
import { KnownProviders } from './known-providers.ts';
import type { Kiln, NetworkConfig } from './kiln.ts';
import { ProviderDesk } from './provider-desk.ts';
import { RedeemWatch } from './wallet/redemption/redeem-watch.ts';
import { openRecords } from './receipts/open-records.ts';
import { recordApi } from './receipts/record-api.ts';
import { relayRedemption } from './wallet/redemption/relay-redemption.ts';
import { requestorApi } from './requestor-desk.ts';
import { sessionOnChain } from './wallet/session-on-chain.ts';
import { TIDY_INTERVAL_MS, tidyStore } from './tidy-store.ts';
import { WalletDesk } from './wallet/wallet-desk.ts';
import { watchPayers } from './wallet/redemption/watch-payers.ts';

/**
 * Puts one Kiln node of this tab together and takes up what an earlier tab left. Nothing of strangers runs before
 * `provider.start`.
 *
 * @param onStep hears each step of the start in words
 * @example
 * await using kiln = await createKiln(await (await fetch('/network.json')).json());
 */
export async function createKiln(
  config: NetworkConfig,
  onStep: (step: string) => void = () => {},
): Promise<Kiln> {
  const scope = new Scope();
  try {
    onStep('Looking for other tabs');
    await holdNode(scope.signal);
    onStep('Opening the store');
    const store = await openStore({ name: STORE_NAME }).catch((error: unknown) => {
      // Where a browser blocks storage the tab still works, in memory; any other failure must not lose vouchers.
      if (hasCode(error, 'storage/unavailable')) return memoryStore();
      throw error;
    });
    scope.add(() => store[Symbol.asyncDispose]());
    const tidy = () =>
      tidyStore(
        {
          providerAgreements: withPrefix(store.collection('agreements'), 'provider/'),
          works: store.collection('works'),
          requestorAgreements: withPrefix(store.collection('agreements'), 'requestor/'),
          jobs: store.collection('jobs'),
          reputation: store.collection('reputation'),
          history: store.collection('history'),
        },
        systemClock.now(),
      );
    void tidy().catch(() => {}); // tried again within the hour
    scope.add(every(systemClock, () => TIDY_INTERVAL_MS, tidy));
    onStep('Looking for a GPU');
    const gpu = await probeGpu();
    const sandbox = createSandbox({ cpuSlots: 1, gpuSlots: gpu === undefined ? 0 : 1 });
    scope.add(() => sandbox[Symbol.asyncDispose]());
    onStep('Opening the wallet');
    const wallet = await WalletDesk.open(config.chain, store, systemClock);
    scope.add(() => wallet[Symbol.asyncDispose]());
    onStep('Joining the network');
    const network = await createNetwork({
      identitySeed: await identityOf(store),
      relays: config.relays,
      chunks: store.chunks,
      iceServers: (config.stunServers ?? []).map((urls) => ({ urls })),
    });
    scope.add(() => network[Symbol.asyncDispose]());

    const fraud = new FraudDesk({
      network,
      sandbox,
      clock: systemClock,
      fraud: store.collection('fraud'),
      reputation: store.collection('reputation'),
      agreements: withPrefix(store.collection('agreements'), 'requestor/'),
    });
    scope.add(() => fraud[Symbol.asyncDispose]());
    await fraud.start();
    onStep('Opening the record of earlier work');
    const { desk: recordDesk, slice: records } = await openRecords({
      identity: network.identity,
      blobs: network.blobs,
      store,
      chain: wallet.reader,
      fraud,
      clock: systemClock,
    });
    scope.add(() => recordDesk[Symbol.asyncDispose]());
    const requestor = new Requestor({
      network,
      sandbox,
      clock: systemClock,
      random: strongRandom(),
      jobs: store.collection('jobs'),
      results: store.collection('results'),
      agreements: withPrefix(store.collection('agreements'), 'requestor/'),
      ledgers: store.collection('ledgers'),
      receipts: store.collection('receipts'),
      disputes: store.collection('disputes'),
      reputation: store.collection('reputation'),
      traces: store.collection('traces'),
      pin: (owner, cids) => store.chunks.pin(owner, cids),
      unpin: (owner) => store.chunks.unpin(owner),
      fraud,
      records,
      reopenSession: async (terms) => sessionOnChain(await wallet.reopenSession(terms), wallet, systemClock),
    });
    scope.add(() => requestor[Symbol.asyncDispose]());
    const { redeemRelay } = config;
    const handOver =
      redeemRelay === undefined
        ? undefined
        : relayRedemption(redeemRelay, {
            network,
            reader: wallet.reader,
            vouchers: () => wallet.heldVouchers(),
            account: () => wallet.account,
          });
    const redemption = new RedeemWatch(wallet, systemClock, handOver);
    scope.add(() => redemption.stop());
    const device = new ThisDevice({ gpu, chunks: store.chunks, network });
    const activity = new DeviceActivity({ clock: systemClock, page: document, idle: browserIdleApi() });
    scope.add(() => activity[Symbol.dispose]());
    const provider = new Provider({
      network,
      sandbox,
      chain: wallet.reader,
      home: { chainId: config.chain.id, pool: config.chain.pool },
      agreements: withPrefix(store.collection('agreements'), 'provider/'),
      vouchers: store.collection('vouchers'),
      reputation: store.collection('reputation'),
      records,
      receipts: store.collection('receipts'),
      disputes: store.collection('disputes'),
      works: store.collection('works'),
      clock: systemClock,
      random: strongRandom(),
      device,
      activity,
      marketPrice: (kind) => suggestPrice(network.board.value.offers, kind),
      onVoucher: (isUrgent) => (isUrgent ? redemption.urgent() : wallet.refreshSoon()),
    });
    const payerWatch = watchPayers(wallet, provider, redemption, systemClock);
    scope.add(() => payerWatch[Symbol.dispose]());
    const onStopped = () => redemption.handOver();
    const providerDesk = new ProviderDesk({
      provider,
      sandbox,
      gpu,
      device,
      activity,
      board: network.board,
      wallet,
      settings: store.collection('settings'),
      onStopped,
    });
    scope.add(() => providerDesk.stop());
    onStep('Taking up earlier jobs');
    await requestor.start();
    await provider.resume();
    return {
      config,
      connection: network.connection,
      board: network.board,
      provider: providerDesk.api,
      requestor: requestorApi(
        requestor,
        wallet,
        network.board,
        (cid) => network.blobs.get(cid, { holders: [] }),
        () => openPromises(store.collection('jobs'), store.collection('ledgers')),
        new KnownProviders(store.collection('reputation'), systemClock),
        { chainId: config.chain.id, pool: config.chain.pool },
      ),
      newGroupKey: () => newGroupKey(crypto.getRandomValues(new Uint8Array(32))),
      wallet: wallet.api,
      record: recordApi(recordDesk, fraud),
      [Symbol.asyncDispose]: () => scope[Symbol.asyncDispose](),
    };
  } catch (error) {
    await scope[Symbol.asyncDispose]().catch(() => {});
    throw error;
  }
}

/**
 * One node per browser profile: two would share an identity, and two counters on one session key would contradict each
 * other. A reloaded page waits for its former self to let go.
 */
async function holdNode(signal: AbortSignal): Promise<void> {
  const until = systemClock.now() + OLD_TAB_GRACE_MS;
  for (;;) {
    try {
      return await holdRole('Kiln node', signal);
    } catch (error) {
      if (!hasCode(error, 'storage/role-taken') || systemClock.now() > until) throw error;
      await sleep(systemClock, OLD_TAB_POLL_MS, signal);
    }
  }
}

/** The network identity of this browser profile; made at first use. */
async function identityOf(store: Store): Promise<Uint8Array> {
  const identities = store.collection<Uint8Array>('identity');
  const known = await identities.get('seed');
  if (known !== undefined) return known;
  const seed = newIdentitySeed();
  await identities.put('seed', seed);
  return seed;
}

/** One collection shared by two owners under different key prefixes. */
function withPrefix<T>(all: Collection<T>, prefix: string): Collection<T> {
  return {
    get: (key) => all.get(prefix + key),
    put: (key, value) => all.put(prefix + key, value),
    delete: (key) => all.delete(prefix + key),
    entries: async (within = '') =>
      (await all.entries(prefix + within)).map(([key, value]) => [key.slice(prefix.length), value]),
  };
}
