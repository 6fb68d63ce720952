import { expect, test, vi } from 'vitest';
import { Emitter } from './events.ts';

interface Events {
  count: number;
  word: string;
}

test('tells the listeners of that name only, until they are removed', () => {
  const emitter = new Emitter<Events>();
  const heard: unknown[] = [];
  const stop = emitter.on('count', (value) => heard.push(value));
  emitter.on('word', (value) => heard.push(value));
  emitter.emit('count', 1);
  emitter.emit('word', 'a');
  stop();
  emitter.emit('count', 2);
  emitter.clear();
  emitter.emit('word', 'b');
  expect(heard).toEqual([1, 'a']);
});

test('a listener that throws does not stop the others, and its error is shown', async () => {
  const shown = vi.spyOn(console, 'error').mockImplementation(() => {});
  try {
    const emitter = new Emitter<Events>();
    const heard: number[] = [];
    const failure = new Error('mine');
    emitter.on('count', () => {
      throw failure;
    });
    emitter.on('count', (value) => heard.push(value));
    emitter.emit('count', 7);
    await Promise.resolve();
    expect(heard).toEqual([7]);
    expect(shown.mock.calls.flat()).toContain(failure);
  } finally {
    shown.mockRestore();
  }
});
