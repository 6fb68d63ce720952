import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../base/random.ts';
import { LEASE_TARGET_MS, MAX_TASKS_PER_JOB, MAX_TASKS_PER_LEASE } from '../protocol/constants.ts';
import { leaseDeadlineMs, leaseSize, nextDuplicate } from './lease-plan.ts';
import { TaskQueue } from './queue.ts';

const any = () => true;

describe('the queue', () => {
  test('hands each task out as often as it wants, in order, never twice in one lease', () => {
    const queue = new TaskQueue(3, 2);
    expect(queue.take('a', 5, any)).toEqual([0, 1, 2]);
    expect(queue.waiting).toBe(3);
    expect(queue.take('b', 2, any)).toEqual([0, 1]);
    expect(queue.take('c', 5, any)).toEqual([2]);
    expect(queue.take('d', 5, any)).toEqual([]);
  });
  test('shuffled, it hands every task out once, in no order', () => {
    const queue = new TaskQueue(1_000, 1, seededRandom(1), 1_000);
    const taken = [...queue.take('a', 500, any), ...queue.take('b', 600, any)];
    expect(new Set(taken).size).toBe(1_000);
    const rises = taken.filter((task, i) => i > 0 && task > taken[i - 1]!).length;
    expect(Math.abs(rises - 500)).toBeLessThan(60);
    queue.want(7, 1);
    expect(queue.take('c', 2, any)).toEqual([7]);
  });
  test('shuffled within a window, it hands every task out once, early ones early', () => {
    const queue = new TaskQueue(1_000, 1, seededRandom(1), 50);
    const taken = queue.take('a', 1_000, any);
    expect(new Set(taken).size).toBe(1_000);
    const ahead = taken.map((task, place) => task - place);
    expect(Math.max(...ahead)).toBeLessThan(50);
    expect(taken.slice(0, 100).filter((task) => task < 100).length).toBeGreaterThan(60);
    // Of all leases, few go to the lowest task that is still fresh: its number says nothing.
    let lowest = 0;
    const seen = new Set<number>();
    const inOrder = taken.filter((task) => {
      while (seen.has(lowest)) lowest++;
      seen.add(task);
      return task === lowest;
    });
    expect(inOrder.length).toBeLessThan(100);
  });
  test('what comes back goes first', () => {
    const queue = new TaskQueue(10, 1);
    queue.take('a', 3, any);
    queue.want(2, 1);
    queue.want(0, 1);
    expect(queue.take('b', 4, any)).toEqual([2, 0, 3, 4]);
  });
  test('whoever asks right after an accomplice is not given the same tasks', () => {
    const queue = new TaskQueue(10_000, 2, seededRandom(1));
    const takers = Array.from({ length: 50 }, (_, i) => ({ name: `taker ${i}`, tasks: new Set<number>() }));
    for (let turn = 0; queue.waiting > 0; turn++) {
      const { name, tasks } = takers[turn % takers.length]!;
      for (const task of queue.take(name, 4, (task) => !tasks.has(task))) tasks.add(task);
    }
    const [a, b] = [takers[0]!.tasks, takers[1]!.tasks];
    const shared = [...a].filter((task) => b.has(task)).length;
    expect(shared / a.size).toBeLessThan(0.1);
  });
  test('what lost all that had it comes after what somebody has, and before what nobody had', () => {
    const queue = new TaskQueue(10, 2, seededRandom(1));
    expect(queue.take('a', 3, any)).toEqual([0, 1, 2]);
    queue.setWanted(1, 2, false);
    queue.setWanted(2, 2, false);
    expect(queue.take('b', 4, any)).toEqual([0, ...[1, 2], 3].toSorted());
    queue.setWanted(1, 0);
    expect(queue.take('c', 3, any).toSorted()).toEqual([2, 3, 4]);
  });
  test('whoever is the last that may take anything finishes what others have begun', () => {
    const queue = new TaskQueue(1_000, 2, seededRandom(1));
    for (const taker of ['a', 'b', 'c', 'd']) queue.take(taker, 1, any);
    for (const taker of 'efghijkl') queue.take(taker, 1, any);
    const fresh = queue.take('m', 1, any)[0]!;
    expect(queue.wanted(fresh)).toBe(1);
    expect(queue.wanted(queue.take('n', 1, any, true)[0]!)).toBe(0);
  });
  test('in a small crowd a begun task is finished before another is begun', () => {
    const queue = new TaskQueue(10, 2, seededRandom(1));
    expect(queue.take('a', 2, any)).toEqual([0, 1]);
    expect(queue.take('b', 2, any).sort()).toEqual([0, 1]);
  });
  test('a task that a taker may not have stays for others', () => {
    const queue = new TaskQueue(4, 1);
    expect(queue.take('a', 2, (task) => task % 2 === 1)).toEqual([1, 3]);
    expect(queue.take('b', 9, any)).toEqual([0, 2]);
  });
  test('a refused task is offered again once it came back, or after forget', () => {
    const queue = new TaskQueue(1, 1);
    expect(queue.take('a', 1, () => false)).toEqual([]);
    expect(queue.take('a', 1, any)).toEqual([]);
    queue.forget('a');
    expect(queue.take('a', 1, any)).toEqual([0]);
    queue.want(0, 1);
    expect(queue.take('a', 1, any)).toEqual([0]);
  });
  test('finished tasks are gone until reopened', () => {
    const queue = new TaskQueue(2, 2);
    queue.finish(0);
    queue.want(0, 1);
    expect([queue.done, queue.waiting, queue.isDone(0)]).toEqual([1, 2, true]);
    expect(queue.take('a', 9, any)).toEqual([1]);
    queue.reopen(0, 1);
    expect([queue.done, queue.waiting]).toEqual([0, 2]);
    expect(queue.take('b', 9, any).sort()).toEqual([0, 1]);
  });
  test('what a task waits for can be set outright', () => {
    const queue = new TaskQueue(2, 2);
    queue.setWanted(1, 1);
    expect([queue.wanted(1), queue.waiting]).toEqual([1, 3]);
    queue.setWanted(1, 3);
    expect([queue.wanted(1), queue.waiting, queue.take('a', 1, any)]).toEqual([3, 5, [1]]);
  });
  test('a million tasks through a hundred takers, with losses, in seconds', () => {
    const queue = new TaskQueue(MAX_TASKS_PER_JOB, 1);
    const losses = 50_000;
    let lost = 0;
    let asked = 0;
    for (let turn = 0; queue.done < MAX_TASKS_PER_JOB; turn++) {
      const tasks = queue.take(`taker ${turn % 100}`, MAX_TASKS_PER_LEASE, () => ++asked > 0);
      for (const task of tasks) {
        if (lost < losses && task % 7 === turn % 7) {
          lost++;
          queue.want(task, 1);
        } else {
          queue.finish(task);
        }
      }
    }
    expect(queue.waiting).toBe(0);
    expect(asked).toBe(MAX_TASKS_PER_JOB + losses);
  });
  test('a lone newcomer whose every task wants a second opinion does not scan them again and again', () => {
    const queue = new TaskQueue(20_000, 1);
    let asked = 0;
    const mine = new Set<number>();
    const mayTake = (task: number) => ++asked > 0 && !mine.has(task);
    for (let i = 0; i < 2_000; i++) {
      for (const task of queue.take('alone', 10, mayTake)) {
        mine.add(task);
        queue.want(task, 1);
      }
    }
    expect(mine.size).toBe(20_000);
    // Per lease it looks at no more than a few hundred begun tasks, twice.
    expect(asked).toBeLessThan(2_000 * 600);
    const second = Array.from({ length: 20 }, () => queue.take('second', MAX_TASKS_PER_LEASE, any)).flat();
    expect(second.length).toBe(20_000);
  });

  test('agrees with a plain model under any use', () => {
    const task = fc.nat(5);
    const takers = fc.constantFrom('a', 'b', 'c');
    const steps = fc.oneof(
      fc.record({ do: fc.constant('take' as const), taker: takers, count: fc.nat(4), mask: fc.nat(63) }),
      fc.record({ do: fc.constantFrom('want', 'finish', 'reopen', 'drop'), task }),
    );
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 700, size: 'max' }), (list) => {
        const queue = new TaskQueue(6, 1);
        const wanted = [1, 1, 1, 1, 1, 1];
        const done = new Set<number>();
        for (const step of list) {
          if (step.do === 'take') {
            const { taker, mask } = step as { taker: string; mask: number };
            queue.forget(taker);
            const taken = queue.take(taker, 9, (task) => (mask >> task) % 2 === 1);
            const expected = wanted.flatMap((n, task) => (n > 0 && (mask >> task) % 2 === 1 ? [task] : []));
            expect([...taken].sort()).toEqual(expected);
            for (const task of taken) wanted[task]!--;
          } else {
            const { task } = step as { task: number };
            if (step.do === 'want' && wanted[task]! < 200) {
              queue.want(task, 1);
              if (!done.has(task)) wanted[task]!++;
            } else if (step.do === 'reopen' && wanted[task]! < 200) {
              queue.reopen(task, 1);
              done.delete(task);
              wanted[task]!++;
            } else if (step.do === 'finish' || step.do === 'drop') {
              if (step.do === 'finish') done.add(task);
              queue[step.do](task);
              wanted[task] = 0;
            }
          }
          expect([queue.waiting, queue.done]).toEqual([wanted.reduce((a, b) => a + b), done.size]);
        }
      }),
    );
  });
});

describe('the size of a lease', () => {
  const many = { slots: 2, tasksLeft: 100_000, providers: 4 };
  test('one while unknown, about a second of work, never none and never too many', () => {
    expect(leaseSize(many)).toBe(1);
    expect(leaseSize({ ...many, msPerTask: 10 })).toBe(LEASE_TARGET_MS / 10);
    expect(leaseSize({ ...many, msPerTask: 30_000 })).toBe(1);
    expect(leaseSize({ ...many, msPerTask: 0 })).toBe(MAX_TASKS_PER_LEASE);
    expect(leaseSize({ ...many, msPerTask: 10, tasksLeft: 0 })).toBe(0);
  });
  test('shrinks near the end, so that all slots end together', () => {
    expect(leaseSize({ ...many, msPerTask: 10, tasksLeft: 160 })).toBe(10);
    expect(leaseSize({ ...many, msPerTask: 10, tasksLeft: 3 })).toBe(1);
  });
});

describe('the deadline of a lease', () => {
  test('is generous, more so while nothing is known', () => {
    expect(leaseDeadlineMs({ tasks: 1, tasksAhead: 0, slots: 1 })).toBe(90_000);
    expect(leaseDeadlineMs({ tasks: 100, tasksAhead: 0, slots: 1, msPerTask: 10 })).toBe(30_000);
    expect(leaseDeadlineMs({ tasks: 1, tasksAhead: 0, slots: 1, tryOutMs: 20_000 })).toBe(120_000);
  });
  test('a device that says it is slow is given more time for its first tasks, within bounds', () => {
    const first = { tasks: 1, tasksAhead: 0, slots: 1, tryOutMs: 20_000 };
    expect(leaseDeadlineMs({ ...first, claimed: 100_000 })).toBe(1_200_000);
    expect(leaseDeadlineMs({ ...first, claimed: 1 })).toBe(1_920_000);
    expect(leaseDeadlineMs({ ...first, claimed: 50_000_000 })).toBe(120_000);
    expect(leaseDeadlineMs({ ...first, claimed: 1, msPerTask: 10_000 })).toBe(60_000);
  });
  test('counts what the provider has to do before', () => {
    expect(leaseDeadlineMs({ tasks: 2, tasksAhead: 4, slots: 2, msPerTask: 10_000 })).toBe(240_000);
  });
});

describe('duplicates', () => {
  const lease = (task: number, startedAtMs: number, expectedMs?: number, copies = 1) => ({
    task,
    startedAtMs,
    copies,
    ...(expectedMs === undefined ? {} : { expectedMs }),
  });
  test('go to the task expected to end last, if the idle provider is faster', () => {
    const running = [lease(1, 0, 5_000), lease(2, 0, 60_000), lease(3, 0, 20_000)];
    expect(nextDuplicate(running, 1_000, 2_000, any)).toBe(2);
    expect(nextDuplicate(running, 1_000, 2_000, (task) => task !== 2)).toBe(3);
    expect(nextDuplicate(running, 1_000, 59_000, any)).toBeUndefined();
  });
  test('a lease that is late or unknown for long is duplicated, one that has its copy is not', () => {
    expect(nextDuplicate([lease(1, 0, 1_000)], 1_500, 2_000, any)).toBeUndefined();
    expect(nextDuplicate([lease(1, 0, 1_000)], 4_000, 2_000, any)).toBe(1);
    expect(nextDuplicate([lease(1, 0)], 4_000, 2_000, any)).toBe(1);
    expect(nextDuplicate([lease(1, 0, 1_000, 2)], 4_000, 2_000, any)).toBeUndefined();
  });
});
