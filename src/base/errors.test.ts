import { describe, expect, test } from 'vitest';
import { aborted, hasCode, KilnError, toKilnError } from './errors.ts';

const full = new KilnError('room/what-happened', 'It broke.', {
  hint: 'Mend it.',
  data: { count: 3, name: 'x', isBad: true },
  cause: new Error('deeper'),
});
const bare = new KilnError('room/else', 'It broke too.');

describe('an error', () => {
  test('survives a worker boundary and JSON with all that it says', () => {
    for (const error of [full, bare]) {
      const ways = [structuredClone(error.toJSON()), JSON.parse(JSON.stringify(error))];
      for (const data of ways) {
        const back = KilnError.fromJSON(data);
        expect(back).toBeInstanceOf(KilnError);
        expect(back.toJSON()).toEqual(error.toJSON());
      }
    }
    expect(Object.keys(bare.toJSON())).not.toContain('hint');
  });
  test('keeps what caused it, and says who it is', () => {
    expect((full.cause as Error).message).toBe('deeper');
    expect('cause' in bare).toBe(false);
    expect(String(full)).toBe('KilnError: It broke.');
  });
  test('does not carry its cause over a boundary: causes hold whatever was thrown', () => {
    expect(JSON.stringify(full)).not.toContain('deeper');
  });
});

describe('whatever was thrown', () => {
  test('a KilnError stays itself', () => {
    expect(toKilnError(full, 'other/code')).toBe(full);
  });
  test('an abort has its own code, whatever the caller names', () => {
    const thrown = new DOMException('gone', 'AbortError');
    expect(toKilnError(thrown, 'other/code')).toMatchObject({ code: 'base/aborted', cause: thrown });
    expect(aborted().code).toBe('base/aborted');
  });
  test('anything else gets the code of its caller', () => {
    expect(toKilnError(new TypeError('odd'), 'a/b')).toMatchObject({ code: 'a/b', message: 'odd' });
    expect(toKilnError('text')).toMatchObject({ code: 'base/unexpected', message: 'text' });
    expect(toKilnError(undefined).message).toBe('undefined');
  });
  test('codes are compared on KilnErrors only', () => {
    expect([hasCode(full, 'room/what-happened'), hasCode(full, 'room/else')]).toEqual([true, false]);
    expect(hasCode({ code: 'room/else' }, 'room/else')).toBe(false);
  });
});
