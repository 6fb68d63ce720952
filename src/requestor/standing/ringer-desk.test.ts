import { beforeEach, expect, test } from 'vitest';
import { seededRandom } from '../../base/random.ts';
import { WASI_JOB } from '../../job/manifest.fixture.ts';
import type { Policy } from '../../protocol/policy.ts';
import type { TaskCheck } from '../../verification/task/task-check.ts';
import type { JobParts } from '../job-parts.ts';
import type { ResultRecord } from '../records.ts';
import type { Lessee } from '../results/placement/task-placement.ts';
import type { TaskDesk } from '../results/task-desk.ts';
import type { RecheckDesk } from './recheck-desk.ts';
import { RingerDesk } from './ringer-desk.ts';

const ALWAYS: Policy = { kind: 'trust', auditRate: 0, ringerRate: 1 };
const TASKS = 100;

let rung: { task: number; digest: string; lease: string }[];
let checked: number[];
let busy: Set<number>;
let canCompute: boolean;
beforeEach(() => {
  [rung, checked] = [[], []];
  busy = new Set();
  canCompute = true;
});

function openDesk(policy: Policy): RingerDesk {
  const tasks: Pick<TaskDesk, 'check' | 'ring'> = {
    check: (task) => (busy.has(task) ? ({} as TaskCheck) : undefined),
    ring: (task, digest, { lease }) => void rung.push({ task, digest, lease }),
  };
  const rechecks = {
    open: 0,
    get canCompute() {
      return canCompute;
    },
    check: async (task: number) => void checked.push(task),
  };
  const parts = { record: { manifest: { ...WASI_JOB, policy } }, taskCount: TASKS };
  return new RingerDesk({
    parts: parts as unknown as JobParts,
    rechecks: rechecks as unknown as RecheckDesk,
    tasks: () => tasks as TaskDesk,
    random: seededRandom(1),
  });
}

function known(task: number, more: Partial<ResultRecord> = {}): ResultRecord {
  return {
    task,
    exit: { kind: 'ok' },
    outputs: [],
    supporters: [],
    digest: `digest ${task}`,
    isProven: true,
    ...more,
  };
}

function lessee(name: string, payee = `0x${name}`): Lessee {
  return { lease: `lease of ${name}`, holder: { peer: name, payee: payee as `0x${string}` }, agreement: '' };
}

/** The ringers of a provider that was leased so many tasks before. */
function leaseTo(desk: RingerDesk, to: Lessee, most: number): number[] {
  desk.noteLeased(to.holder.peer, most);
  return desk.lease(to, most);
}

test('each provider gets each ringer once, and never a task that it or its payee has had', () => {
  const desk = openDesk(ALWAYS);
  desk.learn(known(1), [{ peer: 'alice', payee: '0xalice' }]);
  desk.learn(known(2), []);
  expect(leaseTo(desk, lessee('alice'), 1)).toEqual([2]);
  expect(leaseTo(desk, lessee('twin', '0xALICE'), 4)).toEqual([]);
  expect(leaseTo(desk, lessee('bob'), 4).toSorted()).toEqual([1, 2]);
  expect(leaseTo(desk, lessee('bob'), 4)).toEqual([]);
  expect(rung[0]).toEqual({ task: 2, digest: 'digest 2', lease: 'lease of alice' });
});

test('nobody gets ringers alone: they follow the work that was leased, never more than were drawn for it', () => {
  const desk = openDesk(ALWAYS);
  for (let task = 0; task < 50; task++) desk.learn(known(task), []);
  expect(desk.lease(lessee('alice'), 10)).toEqual([]);
  expect(leaseTo(desk, lessee('alice'), 3)).toHaveLength(3);
  desk.noteLeased('alice', 1_000);
  expect(desk.lease(lessee('alice'), 1)).toHaveLength(1);
  expect(desk.lease(lessee('alice'), 50).length).toBeLessThan(5);
  expect(desk.lease(lessee('alice'), 50)).toEqual([]);
});

test('what one alone says is not known, what is under way or was taken back is not used', () => {
  const desk = openDesk(ALWAYS);
  const supporter = { peer: 'carol', agreement: 'c' };
  desk.learn(known(1, { isProven: false, supporters: [supporter] }), []);
  desk.learn(known(2, { isProvisional: true }), []);
  desk.learn(known(3), []);
  desk.learn(known(4, { isProven: false, supporters: [supporter, { peer: 'dave', agreement: 'd' }] }), []);
  busy.add(3);
  desk.forget(4);
  expect(leaseTo(desk, lessee('alice'), 4)).toEqual([]);
  busy.clear();
  expect(desk.lease(lessee('alice'), 4)).toEqual([3]);
});

test('when no answer is left for somebody, this device finds one out, no more often than ringers are wanted', () => {
  const desk = openDesk({ ...ALWAYS, ringerRate: 0.02 });
  for (let task = 0; task < 10; task++) desk.learn(known(task, { isProvisional: true }), []);
  for (let i = 0; i < 50; i++) leaseTo(desk, lessee('alice'), 50);
  expect(checked).toHaveLength(2);
  canCompute = false;
  const blind = openDesk(ALWAYS);
  blind.learn(known(1, { isProvisional: true }), []);
  leaseTo(blind, lessee('alice'), 4);
  expect(checked).toHaveLength(2);
});

test('as often as the policy says, and never where it says nothing', () => {
  const seldom = openDesk({ ...ALWAYS, ringerRate: 0.1 });
  for (let task = 0; task < TASKS; task++) seldom.learn(known(task), []);
  let drawn = 0;
  for (let i = 0; i < 1_000; i++) drawn += leaseTo(seldom, lessee(`provider ${i}`), 1).length;
  expect(drawn).toBeGreaterThan(70);
  expect(drawn).toBeLessThan(130);
  const never = openDesk({ kind: 'trust', auditRate: 0 });
  never.learn(known(1), []);
  expect(leaseTo(never, lessee('alice'), 50)).toEqual([]);
});
