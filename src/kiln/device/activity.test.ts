import { expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { DeviceActivity, type IdleApi, type IdleWatch, QUIET_MS } from './activity.ts';

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

/** An idle detection that the test plays. */
function idleApi(permission: 'granted' | 'denied' | 'prompt', answer: 'granted' | 'denied' = 'granted') {
  let tell = () => {};
  const state = { userState: 'active' as IdleWatch['userState'], screenState: 'unlocked' as const };
  const watch: IdleWatch = {
    get userState() {
      return state.userState;
    },
    screenState: state.screenState,
    start: async () => {},
    addEventListener: (_, listener) => (tell = listener),
  };
  const api: IdleApi = {
    create: () => watch,
    requestPermission: async () => answer,
    permission: async () => permission,
  };
  const become = (userState: 'active' | 'idle') => {
    state.userState = userState;
    tell();
  };
  return { api, become };
}

test('without idle detection, what is done in this page counts for a minute', async () => {
  using clock = new ManualClock();
  const page = new EventTarget();
  using activity = new DeviceActivity({ clock, page, idle: undefined });
  expect(activity.view.value).toEqual({ isInUse: true, sees: 'page', canAsk: false });
  await clock.advance(QUIET_MS);
  expect(activity.isInUse.value).toBe(false);
  page.dispatchEvent(new Event('keydown'));
  expect(activity.isInUse.value).toBe(true);
  await clock.advance(QUIET_MS - 1);
  page.dispatchEvent(new Event('pointermove'));
  await clock.advance(QUIET_MS - 1);
  expect(activity.isInUse.value).toBe(true);
  await clock.advance(1);
  expect(activity.isInUse.value).toBe(false);
});

test('with permission the browser tells, and the page alone no longer counts', async () => {
  using clock = new ManualClock();
  const page = new EventTarget();
  const { api, become } = idleApi('granted');
  using activity = new DeviceActivity({ clock, page, idle: api });
  await settle();
  expect(activity.view.value).toEqual({ isInUse: true, sees: 'machine', canAsk: false });
  await clock.advance(10 * QUIET_MS);
  expect(activity.isInUse.value).toBe(true);
  become('idle');
  expect(activity.isInUse.value).toBe(false);
  page.dispatchEvent(new Event('visibilitychange'));
  expect(activity.isInUse.value).toBe(false);
  become('active');
  expect(activity.isInUse.value).toBe(true);
});

test('a person is asked once, and may say no', async () => {
  using clock = new ManualClock();
  const { api } = idleApi('prompt', 'denied');
  using activity = new DeviceActivity({ clock, page: new EventTarget(), idle: api });
  await settle();
  expect(activity.view.value).toMatchObject({ sees: 'page', canAsk: true });
  await activity.ask();
  expect(activity.view.value).toMatchObject({ sees: 'page', canAsk: false });
});
