import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { NETWORK_LOOK_INTERVAL_MS, NETWORK_LOOK_TIMEOUT_MS } from '../constants.ts';
import { recordedLink } from './link.fixture.ts';
import { NetworkWatch } from './network-watch.ts';
import type { ProviderLink } from './provider-link.ts';

const HOME = '203.0.113.0/24';

let clock: ManualClock;
let link: ProviderLink;
let see: () => Promise<string | undefined>;
let looks: number;
let watch: NetworkWatch;
beforeEach(() => {
  clock = new ManualClock();
  ({ link } = recordedLink(clock));
  see = async () => HOME;
  looks = 0;
  const networkOf = (peer: string) => {
    expect(peer).toBe(link.peer);
    looks++;
    return see();
  };
  watch = new NetworkWatch({ networkOf }, clock);
});
afterEach(() => clock[Symbol.dispose]());

test('who is seen takes tasks as one of its network, who is not as one of none', async () => {
  expect(link.holder).not.toHaveProperty('networkPrefix');
  await watch.look(link);
  expect(link.holder).toMatchObject({ peer: link.peer, networkPrefix: HOME });
  see = async () => undefined;
  await watch.look(link);
  expect(link.holder).not.toHaveProperty('networkPrefix');
  expect(Object.values(link.view())).not.toContain(HOME);
});

test('a look that fails, or never ends, holds nothing up and changes nothing', async () => {
  await watch.look(link);
  see = () => Promise.reject(new Error('closed'));
  await watch.look(link);
  expect(link.network).toBe(HOME);
  see = () => new Promise(() => {});
  const looking = watch.look(link).then(() => 'over');
  await clock.advance(NETWORK_LOOK_TIMEOUT_MS);
  expect(await looking).toBe('over');
  expect(link.network).toBe(HOME);
});

test('who moves is seen to have moved, and nobody is looked at all the time', async () => {
  watch.review([link]);
  await clock.settle();
  see = async () => '198.51.100.0/24';
  watch.review([link]);
  await clock.advance(NETWORK_LOOK_INTERVAL_MS - 1);
  watch.review([link]);
  await clock.settle();
  expect([link.network, looks]).toEqual([HOME, 1]);
  await clock.advance(1);
  watch.review([link]);
  await clock.settle();
  expect([link.network, looks]).toEqual(['198.51.100.0/24', 2]);
});
