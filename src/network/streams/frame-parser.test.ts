import { expect, test } from 'vitest';
import { concat } from '../../base/bytes.ts';
import { END_OF_FRAMES, FrameParser, prefixFrame } from './frame-parser.ts';

const frames = [Uint8Array.of(1), new Uint8Array(300).fill(7), Uint8Array.of(2, 3)];

test.each([1, 2, 3, 5, 64, 10_000])('frames cut into pieces of %i bytes come out whole', (pieceBytes) => {
  const wire = concat([...frames.map(prefixFrame), END_OF_FRAMES]);
  const parser = new FrameParser(300);
  const out = [];
  for (let i = 0; i < wire.byteLength; i += pieceBytes)
    out.push(...parser.push(wire.subarray(i, i + pieceBytes)));
  expect(out).toEqual([...frames.map((bytes) => ({ kind: 'frame', bytes })), { kind: 'end' }]);
});

test('a frame one byte too large is refused by its prefix alone', () => {
  const parser = new FrameParser(300);
  const prefix = prefixFrame(new Uint8Array(301)).subarray(0, 4);
  expect(() => [...parser.push(prefix)]).toThrow(
    expect.objectContaining({ code: 'network/frame-too-large' }),
  );
});

test('a prefix of 4 GiB allocates nothing', () => {
  const parser = new FrameParser(1_048_576);
  expect(() => [...parser.push(Uint8Array.of(255, 255, 255, 255))]).toThrow(
    expect.objectContaining({ code: 'network/frame-too-large' }),
  );
});
