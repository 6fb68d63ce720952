import { describe, expect, test } from 'vitest';
import { KilnError } from '../base/errors.ts';
import { BATCH_BYTES } from './constants.ts';
import { type Piece, PutQueue } from './put-queue.ts';

const MIB = 1_048_576;

/** A queue whose batches are written down as their sizes in MiB; what `refuse` names is thrown. */
function recording(refuse: (batch: readonly Piece[]) => KilnError | undefined = () => undefined) {
  const batches: number[] = [];
  const queue = new PutQueue(async (batch) => {
    batches.push(batch.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) / MIB);
    await Promise.resolve();
    const error = refuse(batch);
    if (error !== undefined) throw error;
  });
  return { batches, queue };
}

describe('put queue', () => {
  test('writes what comes together in batches of at most 16 MiB, in order', async () => {
    const { batches, queue } = recording();
    const order: number[] = [];
    const puts = Array.from({ length: 40 }, (_, i) =>
      queue.add(`${i}`, new Uint8Array(MIB)).then(() => order.push(i)),
    );
    await Promise.all(puts);
    expect(batches).toEqual([16, 16, 8]);
    expect(order).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test('a piece larger than a batch goes alone', async () => {
    const { batches, queue } = recording();
    await Promise.all(
      [MIB, BATCH_BYTES + MIB, MIB].map((bytes, i) => queue.add(`${i}`, new Uint8Array(bytes))),
    );
    expect(batches).toEqual([1, 17, 1]);
  });

  test('a full store refuses the piece that does not fit, not those beside it', async () => {
    const full = new KilnError('storage/quota-full', 'full');
    const { batches, queue } = recording((batch) =>
      batch.some(({ cid }) => cid === '1') ? full : undefined,
    );
    const puts = await Promise.allSettled(['0', '1', '2'].map((cid) => queue.add(cid, new Uint8Array(MIB))));
    expect(puts.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(batches).toEqual([3, 1, 1, 1]);
  });

  test('any other failure is told to all it concerns, and the queue goes on', async () => {
    const closed = new KilnError('storage/closed', 'closed');
    const { queue } = recording((batch) => (batch[0]!.cid === '0' ? closed : undefined));
    const puts = await Promise.allSettled(['0', '1'].map((cid) => queue.add(cid, new Uint8Array(1))));
    expect(puts.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await queue.add('2', new Uint8Array(1));
    await queue.settle();
  });
});
