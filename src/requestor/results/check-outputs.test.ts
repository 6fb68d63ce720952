import { expect, test } from 'vitest';
import { makeDraft, QUORUM_2 } from '../../../tests/mesh/market-day.ts';
import { SOME_CID } from '../../protocol/messages.fixture.ts';
import type { Manifest } from '../../protocol/manifest.ts';
import { checkOutputs } from './check-outputs.ts';

const MIB = 1024 * 1024;
const { manifest } = await makeDraft(1, QUORUM_2);
const two: Manifest = {
  ...manifest,
  program: { ...manifest.program, kind: 'wasi', outputs: ['stdout', 'data/out'] } as Manifest['program'],
};

function check(outputs: Record<string, number> | [string, number][], outputBytes?: number): () => void {
  const list = (Array.isArray(outputs) ? outputs : Object.entries(outputs)).map(([path, bytes]) => ({
    path,
    bytes,
    cid: SOME_CID,
  }));
  const limits = outputBytes === undefined ? {} : { outputBytes };
  return () => checkOutputs({ ...two, limits }, { exit: { kind: 'ok' }, outputs: list });
}

test('outputs of the manifest pass up to the limit, also when some are missing', () => {
  for (const some of [{}, { stdout: 1 }, { stdout: 32 * MIB, 'data/out': 32 * MIB }]) check(some)();
  check({ stdout: 100 }, 100)();
});
test('names that the manifest does not list, or listed twice, are refused', () => {
  for (const some of [
    { constructor: 1 },
    { stdout: 1, more: 1 },
    [
      ['stdout', 1],
      ['stdout', 1],
    ] as [string, number][],
  ])
    expect(check(some)).toThrow(expect.objectContaining({ code: 'requestor/wrong-outputs' }));
});
test('a pattern lets each path that matches through once', () => {
  const outputs = ['stdout', 'frames/*.png'];
  const named = (...paths: string[]) => {
    const job = { ...manifest, program: { ...two.program, outputs } } as Manifest;
    const list = paths.map((path) => ({ path, bytes: 1, cid: SOME_CID }));
    return () => checkOutputs(job, { exit: { kind: 'ok' }, outputs: list });
  };
  named('frames/1.png', 'frames/2.png', 'stdout')();
  const wrong = expect.objectContaining({ code: 'requestor/wrong-outputs' });
  expect(named('frames/1.jpg')).toThrow(wrong);
  expect(named('frames/a/1.png')).toThrow(wrong);
  expect(named('frames/1.png', 'frames/1.png')).toThrow(wrong);
});
test('more bytes than the job allows are refused, whatever it asks for, and together', () => {
  const over: (() => void)[] = [
    check({ stdout: 64 * MIB + 1 }),
    check({ stdout: 32 * MIB, 'data/out': 32 * MIB + 1 }),
    check({ stdout: 101 }, 100),
    check({ stdout: 256 * MIB + 1 }, 1024 * MIB),
    check({ stdout: Number.MAX_SAFE_INTEGER, 'data/out': Number.MAX_SAFE_INTEGER }),
  ];
  for (const one of over) expect(one).toThrow(expect.objectContaining({ code: 'requestor/wrong-outputs' }));
});
