import { expect, test } from 'vitest';
import { Scope } from './scope.ts';

test('closes what was added last first, one after another, once', async () => {
  const scope = new Scope();
  const closed: string[] = [];
  scope.add(() => closed.push('first'));
  scope.add(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    closed.push('second');
  });
  scope.add(() => closed.push('third'));
  await scope[Symbol.asyncDispose]();
  await scope[Symbol.asyncDispose]();
  expect(closed).toEqual(['third', 'second', 'first']);
});

test('a failure keeps nothing else open, and all failures are told', async () => {
  const scope = new Scope();
  const closed: string[] = [];
  const fail = (text: string) => () => {
    throw new Error(text);
  };
  scope.add(() => closed.push('first'));
  scope.add(fail('a'));
  scope.add(() => Promise.reject(new Error('b')));
  scope.add(() => closed.push('last'));
  const error = await scope[Symbol.asyncDispose]().then(
    () => undefined,
    (thrown: unknown) => thrown as AggregateError,
  );
  expect(error).toBeInstanceOf(AggregateError);
  expect(error!.errors.map(({ message }) => message)).toEqual(['b', 'a']);
  expect(closed).toEqual(['last', 'first']);
});

test('the signal fires before anything is closed', async () => {
  const scope = new Scope();
  const seen: boolean[] = [];
  scope.add(() => seen.push(scope.signal.aborted));
  expect([scope.isClosed, scope.signal.aborted]).toEqual([false, false]);
  await scope[Symbol.asyncDispose]();
  expect([scope.isClosed, ...seen]).toEqual([true, true]);
});

test('what is added after the end is closed at once', async () => {
  const scope = new Scope();
  await scope[Symbol.asyncDispose]();
  let isClosed = false;
  scope.add(() => (isClosed = true));
  expect(isClosed).toBe(true);
});

test('is closed by the end of its block', async () => {
  const closed: number[] = [];
  {
    await using scope = new Scope();
    scope.add(() => closed.push(1));
  }
  expect(closed).toEqual([1]);
});
