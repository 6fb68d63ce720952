import { expect, test } from 'vitest';
import type { Check } from './checks.ts';
import { type Outcome, runChecks } from './run-checks.ts';

const check = (name: string, cores: number, after?: string): Check => ({
  name,
  what: name,
  limitMs: 1,
  cores,
  ...(after === undefined ? {} : { after }),
});

/** Checks that end when they are told to; `running` is who runs now. */
function startRun(checks: readonly Check[], cores: number) {
  const ends = new Map<string, () => void>();
  const controller = new AbortController();
  let running: readonly string[] = [];
  const done = runChecks(checks, {
    cores,
    signal: controller.signal,
    run: ({ name }) => new Promise<string>((resolve) => ends.set(name, () => resolve(`${name} ended`))),
    onChange: (now) => {
      running = now.map(({ name }) => name);
    },
  });
  const end = async (name: string) => {
    ends.get(name)!();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { done, end, abort: () => controller.abort(), running: () => running };
}

const names = (outcomes: readonly Outcome<string>[]) => outcomes.map(({ check: { name } }) => name);

test('as many run side by side as there are cores for, in order of the list', async () => {
  const run = startRun([check('a', 1), check('b', 2), check('c', 2), check('d', 1)], 4);
  expect(run.running()).toEqual(['a', 'b', 'd']);
  await run.end('d');
  expect(run.running()).toEqual(['a', 'b']);
  await run.end('a');
  expect(run.running()).toEqual(['b', 'c']);
  await run.end('c');
  await run.end('b');
  expect(await run.done).toEqual([
    { check: check('a', 1), result: 'a ended' },
    { check: check('b', 2), result: 'b ended' },
    { check: check('c', 2), result: 'c ended' },
    { check: check('d', 1), result: 'd ended' },
  ]);
});

test('only checks of a single core go before one that waits for its cores', async () => {
  const run = startRun([check('a', 2), check('large', 3), check('middling', 2), check('small', 1)], 4);
  expect(run.running()).toEqual(['a', 'small']);
  await run.end('a');
  expect(run.running()).toEqual(['small', 'large']);
});

test('a check that wants more cores than there are runs, and runs alone', async () => {
  const run = startRun([check('a', 1), check('all', Infinity), check('b', 1)], 2);
  expect(run.running()).toEqual(['a', 'b']);
  await run.end('b');
  await run.end('a');
  expect(run.running()).toEqual(['all']);
  await run.end('all');
  expect(names(await run.done)).toEqual(['a', 'all', 'b']);
});

test('a check comes after the one that it names, if that one is among the chosen', async () => {
  const run = startRun([check('late', 1, 'early'), check('early', 1)], 4);
  expect(run.running()).toEqual(['early']);
  await run.end('early');
  expect(run.running()).toEqual(['late']);
  await run.end('late');
  expect(names(await run.done)).toEqual(['late', 'early']);
  expect(startRun([check('late', 1, 'early')], 4).running()).toEqual(['late']);
});

test('nothing starts after an abort, and what runs is waited for', async () => {
  const run = startRun([check('a', 1), check('b', 1), check('c', 1)], 2);
  run.abort();
  await run.end('a');
  expect(run.running()).toEqual(['b']);
  await run.end('b');
  expect(names(await run.done)).toEqual(['a', 'b']);
});
