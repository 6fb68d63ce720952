import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_OPEN_LEASES } from '../../protocol/constants.ts';
import { type Finished, LeaseBook } from './lease-book.ts';

const finished = (mark = 1): Finished => ({
  nonce: new Uint8Array(16).fill(mark),
  result: { exit: { kind: 'ok' }, outputs: [] },
  inline: {},
});

function bookOf(leases: Record<string, number[]>): LeaseBook {
  const book = new LeaseBook();
  for (const [lease, tasks] of Object.entries(leases)) book.add(lease, tasks);
  return book;
}

function counts(book: LeaseBook): number[] {
  return [book.queuedCount, book.runningCount, book.unsettledCount];
}

describe('a lease', () => {
  test('goes from queued to running, committed, delivered and gone', () => {
    const book = bookOf({ a: [7] });
    expect(counts(book)).toEqual([1, 0, 0]);
    const place = book.takeNext()!;
    expect(place).toEqual({ lease: 'a', task: 7 });
    expect([counts(book), book.isOpen('a')]).toEqual([[0, 1, 0], true]);
    expect(book.finish(place, finished())).toBe(true);
    expect([counts(book), book.isOpen('a')]).toEqual([[0, 0, 1], false]);
    expect(book.reveal('a', [7])).toEqual([{ task: 7, ...finished() }]);
    expect(counts(book)).toEqual([0, 0, 1]);
    expect(book.settle('a', 7)).toBe('delivered');
    expect([counts(book), book.leases]).toEqual([[0, 0, 0], []]);
  });
  test('leased again while it is held changes nothing, whatever it says', () => {
    const book = bookOf({ a: [1, 2] });
    book.takeNext();
    book.add('a', [1, 2, 3]);
    expect(counts(book)).toEqual([1, 1, 0]);
  });
  test('that names a task twice has it once', () => {
    expect(bookOf({ a: [1, 1, 1] }).queuedCount).toBe(1);
  });
  test('one beyond the limit is refused, and a known one is still ignored then', () => {
    const book = new LeaseBook();
    for (let i = 0; i < MAX_OPEN_LEASES; i++) book.add(`${i}`, [i]);
    expect(() => book.add('more', [1])).toThrow(
      expect.objectContaining({ code: 'work/too-many-leases', data: { limit: MAX_OPEN_LEASES } }),
    );
    book.add('0', [1]);
    expect([book.leases.length, book.queuedCount]).toEqual([MAX_OPEN_LEASES, MAX_OPEN_LEASES]);
    book.cancel('0');
    book.add('more', [1]);
    expect(book.leases).toContain('more');
  });
  test('may hold a task that another lease holds too: they are two things', () => {
    const book = bookOf({ a: [1], b: [1] });
    book.finish(book.takeNext()!, finished(1));
    expect(book.settle('b', 1)).toBeUndefined();
    expect(book.settle('a', 1)).toBe('committed');
    expect(book.takeNext()).toEqual({ lease: 'b', task: 1 });
  });
});

describe('said twice', () => {
  test('a reveal that names a task many times gives its result once: a small frame must not cost a large answer', () => {
    const book = bookOf({ a: [1] });
    book.finish(book.takeNext()!, finished());
    expect(
      book.reveal(
        'a',
        Array.from({ length: 1_024 }, () => 1),
      ),
    ).toHaveLength(1);
  });
  test('a reveal gives the same result again, a verdict counts once', () => {
    const book = bookOf({ a: [1] });
    book.finish(book.takeNext()!, finished());
    expect(book.reveal('a', [1])).toEqual(book.reveal('a', [1]));
    expect([book.settle('a', 1), book.settle('a', 1)]).toEqual(['delivered', undefined]);
    expect(book.unsettledCount).toBe(0);
  });
  test('a cancel is like one', () => {
    const book = bookOf({ a: [1, 2] });
    book.cancel('a');
    book.cancel('a');
    book.cancel('never seen');
    expect([counts(book), book.leases, book.takeNext()]).toEqual([[0, 0, 0], [], undefined]);
  });
});

describe('what was not done', () => {
  test('is neither revealed nor settled', () => {
    const book = bookOf({ a: [1, 2] });
    book.takeNext();
    expect(book.reveal('a', [1, 2, 3])).toEqual([]);
    expect(book.reveal('b', [1])).toEqual([]);
    expect([book.settle('a', 1), book.settle('a', 2), book.settle('b', 1)]).toEqual(
      new Array(3).fill(undefined),
    );
    expect(counts(book)).toEqual([1, 1, 0]);
  });
  test('a failed task is gone, and with the last one its lease', () => {
    const book = bookOf({ a: [1] });
    const place = book.takeNext()!;
    expect(book.fail(place)).toBe(true);
    expect([counts(book), book.leases]).toEqual([[0, 0, 0], []]);
  });
});

describe('cancelling', () => {
  test('drops what waits, runs and is done, of that lease only', () => {
    const book = bookOf({ a: [1, 2, 3], b: [4] });
    book.finish(book.takeNext()!, finished());
    const running = book.takeNext()!;
    book.cancel('a');
    expect(counts(book)).toEqual([1, 1, 0]);
    expect(book.finish(running, finished())).toBe(false);
    expect([counts(book), book.leases, book.committed().size]).toEqual([[1, 0, 0], ['b'], 0]);
    expect(book.takeNext()).toEqual({ lease: 'b', task: 4 });
  });
  test('tells how many results had been handed over', () => {
    const book = bookOf({ a: [1, 2, 3] });
    for (let i = 0; i < 3; i++) book.finish(book.takeNext()!, finished(i));
    book.reveal('a', [1, 3]);
    expect([book.cancel('a'), book.cancel('a')]).toEqual([2, 0]);
  });
  test('a task that fails after it was cancelled is not told', () => {
    const book = bookOf({ a: [1] });
    const running = book.takeNext()!;
    book.cancel('a');
    expect(book.fail(running)).toBe(false);
    expect(book.runningCount).toBe(0);
  });
});

test('after a break everything finished and unsettled is committed to again, delivered or not', () => {
  const book = bookOf({ a: [1, 2, 3], b: [4] });
  for (let i = 0; i < 2; i++) book.finish(book.takeNext()!, finished(i));
  book.reveal('a', [1]);
  const committed = book.committed();
  expect([...committed.keys()]).toEqual(['a']);
  expect(committed.get('a')!.map(({ task }) => task)).toEqual([1, 2]);
});

test('whatever is said in whatever order, the counts stay those of what is held', () => {
  const lease = fc.constantFrom('a', 'b', 'c');
  const task = fc.nat(3);
  const action = fc.oneof(
    fc.record({
      do: fc.constant('add' as const),
      lease,
      tasks: fc.array(task, { minLength: 1, maxLength: 4 }),
    }),
    fc.record({ do: fc.constantFrom('settle', 'reveal', 'cancel'), lease, task }),
    fc.record({ do: fc.constantFrom('take', 'finish', 'fail') }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const book = new LeaseBook();
      const running: { lease: string; task: number }[] = [];
      for (const one of actions) {
        if ('tasks' in one) book.add(one.lease, one.tasks);
        else if ('task' in one && one.do === 'settle') book.settle(one.lease, one.task);
        else if ('task' in one && one.do === 'reveal') book.reveal(one.lease, [one.task]);
        else if ('task' in one) book.cancel(one.lease);
        else if (one.do === 'take') running.push(...[book.takeNext()].filter((place) => place !== undefined));
        else {
          const place = running.shift();
          if (place !== undefined && one.do === 'finish') book.finish(place, finished());
          else if (place !== undefined) book.fail(place);
        }
        const done = [...book.committed().values()].reduce((sum, { length }) => sum + length, 0);
        expect([book.runningCount, book.unsettledCount]).toEqual([running.length, done]);
      }
      for (const one of ['a', 'b', 'c']) book.cancel(one);
      for (const place of running) book.finish(place, finished());
      expect([counts(book), book.leases]).toEqual([[0, 0, 0], []]);
    }),
  );
});
