import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../../tests/mesh/twins/manual-clock.ts';
import { type Holder, newTaskCheck, next, type TaskCheck } from '../../../verification/task/task-check.ts';
import { NEIGHBOURS_WAIT_MS } from '../../constants.ts';
import { NeighbourRule } from './neighbour-rule.ts';

const HOME = '203.0.113.0/24';
const holder = (name: string, networkPrefix?: string): Holder => ({
  peer: name,
  payee: `0x${name}`,
  ...(networkPrefix === undefined ? {} : { networkPrefix }),
});
const [ann, bob, cid] = [holder('ann', HOME), holder('bob', HOME), holder('cid', HOME)];
const [eve, far] = [holder('eve', '2001:db8:1::/48'), holder('far')];

/** A task to which Ann has committed. */
function byAnn(): TaskCheck {
  const check = newTaskCheck({ kind: 'quorum', need: 2, limit: 4, auditRate: 0 }, 'exact');
  const leased = next(check, { type: 'leased', id: 'ann', holder: ann, need: 2 });
  return next(leased, { type: 'committed', id: 'ann' });
}

let clock: ManualClock;
let here: Holder[];
let canCompute: boolean;
let rule: NeighbourRule;
beforeEach(() => {
  clock = new ManualClock();
  here = [ann, bob];
  canCompute = true;
  rule = new NeighbourRule({ clock, holders: () => here, canCompute: () => canCompute });
  rule.review();
});
afterEach(() => clock[Symbol.dispose]());

async function wait(): Promise<void> {
  rule.review();
  await clock.advance(NEIGHBOURS_WAIT_MS);
  rule.review();
}

test('neighbours never confirm each other while this device can, which helps out after a while', async () => {
  const check = byAnn();
  await clock.advance(NEIGHBOURS_WAIT_MS - 1);
  expect([rule.refuse(check, bob), rule.isForThisDevice(check)]).toEqual(['same-network', false]);
  await clock.advance(1);
  expect([rule.refuse(check, bob), rule.isForThisDevice(check)]).toEqual(['same-network', true]);
  expect([rule.refuse(check, eve), rule.refuse(check, far)]).toEqual([undefined, undefined]);
});

test('as long as others are no fewer than neighbours, it is left to them', async () => {
  here = [ann, bob, eve];
  await wait();
  expect(rule.isForThisDevice(byAnn())).toBe(false);
  here = [ann, bob, cid, eve];
  rule.review();
  expect(rule.isForThisDevice(byAnn())).toBe(true);
});

test('whoever comes from another network is waited for anew; whoever cannot be seen counts as one', async () => {
  await wait();
  here = [ann, bob, cid, far];
  await clock.advance(1);
  rule.review();
  expect(rule.isForThisDevice(byAnn())).toBe(false);
  await wait();
  expect(rule.isForThisDevice(byAnn())).toBe(true);
});

test('who leaves and comes back is not waited for anew: nobody stalls a job by that', async () => {
  const check = byAnn();
  here = [ann, bob, cid, eve];
  rule.review();
  for (let away = 0; away < 2; away++) {
    await clock.advance(NEIGHBOURS_WAIT_MS / 2);
    here = [ann, bob, cid];
    rule.review();
    here = [ann, bob, cid, eve];
    rule.review();
  }
  expect(rule.isForThisDevice(check)).toBe(true);
});

test('where this device cannot compute, neighbours may once nobody else is there, and never the same one twice', async () => {
  canCompute = false;
  const check = byAnn();
  expect(rule.refuse(check, bob)).toBe('same-network');
  await wait();
  expect(rule.isLeftToNeighbours(check)).toBe(true);
  expect(rule.refuse(check, bob)).toBeUndefined();
  expect(rule.refuse(check, ann)).toBe('same-peer');
  expect(rule.refuse(check, { ...bob, payee: ann.payee })).toBe('same-payee');
  here = [ann, bob, eve];
  expect(rule.refuse(check, bob)).toBe('same-network');
});

test('strangers that share nothing, or nothing that can be seen, are no matter of this rule', async () => {
  here = [ann, eve, far];
  await wait();
  expect([rule.isForThisDevice(byAnn()), rule.isLeftToNeighbours(byAnn())]).toEqual([false, false]);
  here = [far, holder('far2')];
  await wait();
  expect(rule.refuse(byAnn(), far)).toBeUndefined();
});
