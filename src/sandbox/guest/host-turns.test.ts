import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HostTurns } from './host-turns.ts';
import { Stopped } from './runner.ts';

let turns: HostTurns;
beforeEach(
  () =>
    (turns = new HostTurns({
      onProgress: () => undefined,
      onChunks: undefined,
      onCalls: () => undefined,
    })),
);
afterEach(() => turns.close());

/** Has it settled once other messages had their turn? */
async function hasSettled(turn: Promise<void>): Promise<boolean> {
  let isSettled = false;
  turn.then(
    () => (isSettled = true),
    () => (isSettled = true),
  );
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
  return isSettled;
}

describe('a turn', () => {
  test('lets messages in that were posted before it', async () => {
    const { port1, port2 } = new MessageChannel();
    const heard: unknown[] = [];
    port1.onmessage = ({ data }) => heard.push(data);
    port2.postMessage('stop');
    await turns.turn();
    expect(heard).toEqual(['stop']);
    port1.close();
  });

  test('takes as long as the host pauses the run, and none of it counts', async () => {
    turns.pause(true);
    const turn = turns.turn();
    expect(await hasSettled(turn)).toBe(false);
    turns.pause(false);
    await turn;
    expect(turns.leftOutMs).toBeGreaterThan(0);
    expect(turns.isTurnDue).toBe(false);
  });

  test('ends the run that the host stopped, even a paused one', async () => {
    turns.pause(true);
    const turn = turns.turn();
    turns.stop();
    await expect(turn).rejects.toBeInstanceOf(Stopped);
  });
});
