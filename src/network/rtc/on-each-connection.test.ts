import { expect, test } from 'vitest';
import { onEachConnection } from './on-each-connection.ts';

test('each connection is seen once, before it describes itself as ever', async () => {
  const happened: unknown[] = [];
  class Connection {
    setLocalDescription(description?: RTCLocalSessionDescriptionInit): Promise<void> {
      happened.push(description ?? 'its own');
      return Promise.resolve();
    }
  }
  onEachConnection(Connection.prototype, (connection) => happened.push(connection));
  const [one, other] = [new Connection(), new Connection()];
  const offer = { type: 'offer', sdp: '' } as const;
  await one.setLocalDescription(offer);
  await one.setLocalDescription();
  await other.setLocalDescription();
  expect(happened).toEqual([one, offer, 'its own', other, 'its own']);
  expect([happened[0] === one, happened[3] === other]).toEqual([true, true]);
});
