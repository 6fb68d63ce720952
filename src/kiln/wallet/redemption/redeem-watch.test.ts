import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../../tests/mesh/twins/manual-clock.ts';
import { KilnError } from '../../../base/errors.ts';
import { REDEEM_CHECK_MS, REDEEM_INTERVAL_MS } from '../../constants.ts';
import { RedeemWatch } from './redeem-watch.ts';

let clock: ManualClock;
let watch: RedeemWatch;
let redemptions: number[];
let isDue: boolean;
let failure: KilnError | undefined;
let handedOver: number;

beforeEach(() => {
  clock = new ManualClock();
  redemptions = [];
  isDue = false;
  failure = undefined;
  handedOver = 0;
  const start = clock.now();
  watch = new RedeemWatch(
    {
      redeem: () => {
        redemptions.push(clock.now() - start);
        return failure === undefined ? Promise.resolve({ paid: 0n }) : Promise.reject(failure);
      },
      refresh: () => Promise.resolve(),
      isRedemptionDue: () => Promise.resolve(isDue),
    },
    clock,
    () => {
      handedOver++;
      return Promise.reject(new KilnError('network/unreachable', 'Away.'));
    },
  );
});
afterEach(() => {
  watch.stop();
  clock[Symbol.dispose]();
});

describe('vouchers are redeemed', () => {
  test('when they are due, and not before', async () => {
    await clock.advance(REDEEM_CHECK_MS + 1);
    expect(redemptions).toEqual([]);
    isDue = true;
    await clock.advance(REDEEM_CHECK_MS + 1);
    expect(redemptions).toHaveLength(1);
  });
  test('at once when a payer is in doubt, then at most once a minute', async () => {
    watch.urgent();
    watch.urgent();
    await clock.advance(1);
    expect(redemptions).toEqual([0]);
    watch.urgent();
    await clock.advance(REDEEM_INTERVAL_MS - 2);
    expect(redemptions).toEqual([0]);
    await clock.advance(2);
    expect(redemptions).toEqual([0, REDEEM_INTERVAL_MS]);
  });
  test('again while the chain is out of reach, until it answers', async () => {
    failure = new KilnError('wallet/chain-unreachable', 'Gone.');
    watch.urgent();
    await clock.advance(REDEEM_INTERVAL_MS + 1);
    expect(redemptions).toHaveLength(2);
    failure = undefined;
    await clock.advance(5 * REDEEM_INTERVAL_MS);
    expect(redemptions).toHaveLength(3);
  });
  test('not again when a person declined, nor once the node is closed', async () => {
    failure = new KilnError('wallet/user-rejected', 'No.');
    watch.urgent();
    await clock.advance(5 * REDEEM_INTERVAL_MS);
    expect(redemptions).toHaveLength(1);
    failure = new KilnError('wallet/chain-unreachable', 'Gone.');
    watch.urgent();
    watch.stop();
    await clock.advance(5 * REDEEM_INTERVAL_MS);
    expect(redemptions).toHaveLength(1);
  });
});

test('a relay is handed what is held where gas is missing, and when lending ends; its failures stay its own', async () => {
  failure = new KilnError('wallet/no-gas', 'Empty.');
  watch.urgent();
  await clock.advance(1);
  expect(handedOver).toBe(1);
  watch.handOver();
  expect(handedOver).toBe(2);
  await clock.advance(1);
});
