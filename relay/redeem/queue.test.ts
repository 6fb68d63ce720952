import { mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Address } from '../../src/protocol/primitives.ts';
import type { HeldVoucher } from './held.ts';
import { loadJournal, storeJournal } from './journal.ts';
import { MAX_VOUCHERS_PER_PAYEE } from './limits.ts';
import { RedeemQueue } from './queue.ts';
import { batchesOf, readTrial } from './trial.ts';

const addressOf = (number: number): Address => `0x${number.toString(16).padStart(40, '0')}`;
const PAYEE = addressOf(1);

function held(payer: number, amount: bigint, payee = PAYEE): HeldVoucher {
  const voucher = { payer: addressOf(payer), payee, amount, issued: amount, signature: new Uint8Array(65) };
  return { signer: addressOf(payer + 1_000), voucher, expiresAtMs: 9, acceptedAtMs: 1 };
}

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiln-queue-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('the queue', () => {
  test('is the same after it is opened again, readable by its owner alone', async () => {
    const queue = await RedeemQueue.open(folder);
    expect(await queue.add(PAYEE, [held(2, 10n), held(3, 5n)])).toEqual([true, true]);
    expect(await queue.add(PAYEE, [held(2, 11n), held(3, 5n), held(3, 4n)])).toEqual([true, false, false]);
    const again = await RedeemQueue.open(folder);
    expect(again.get(PAYEE)).toEqual(queue.get(PAYEE));
    expect(again.get(PAYEE)?.vouchers.map(({ voucher }) => voucher.amount)).toEqual([11n, 5n]);
    expect(again.sizes).toEqual({ payees: 1, vouchers: 2 });
    expect((await stat(join(folder, `${PAYEE}.payee`))).mode & 0o077).toBe(0);
  });

  test('takes the same voucher again with the proof of its collateral, not without', async () => {
    const queue = await RedeemQueue.open(folder);
    const proof = { root: new Uint8Array(32), limit: 5n, siblings: [] };
    await queue.add(PAYEE, [held(2, 10n)]);
    expect(await queue.add(PAYEE, [{ ...held(2, 10n), proof }])).toEqual([true]);
    expect(await queue.add(PAYEE, [held(2, 10n)])).toEqual([false]);
    expect(queue.get(PAYEE)?.vouchers[0]?.proof).toEqual(proof);
  });

  test('is bounded per payee and in all, and a refusal takes nothing', async () => {
    const queue = await RedeemQueue.open(folder, { vouchers: MAX_VOUCHERS_PER_PAYEE + 1, payees: 2 });
    const full = Array.from({ length: MAX_VOUCHERS_PER_PAYEE }, (_, i) => held(i + 10, 1n));
    await queue.add(PAYEE, full);
    await expect(queue.add(PAYEE, [held(9, 1n)])).rejects.toMatchObject({ code: 'redeem/payee-full' });
    expect(await queue.add(PAYEE, [held(10, 2n)])).toEqual([true]);
    const second = addressOf(2);
    await expect(queue.add(second, [held(2, 1n, second), held(3, 1n, second)])).rejects.toMatchObject({
      code: 'redeem/full',
    });
    expect(queue.get(second)).toBeUndefined();
    await queue.add(second, [held(2, 1n, second)]);
    await queue.change(PAYEE, (record) => ({ ...record, vouchers: record.vouchers.slice(0, 1) }));
    await expect(queue.add(addressOf(3), [held(2, 1n)])).rejects.toMatchObject({ code: 'redeem/full' });
    expect(queue.sizes).toEqual({ payees: 2, vouchers: 2 });
  });

  test('forgets a payee with its last voucher', async () => {
    const queue = await RedeemQueue.open(folder);
    await queue.add(PAYEE, [held(2, 10n)]);
    await queue.change(PAYEE, (record) => ({ ...record, vouchers: [] }));
    expect([queue.sizes, await readdir(folder)]).toEqual([{ payees: 0, vouchers: 0 }, []]);
  });

  test('sets a damaged file aside and keeps the others; half-written ones do not count', async () => {
    const queue = await RedeemQueue.open(folder);
    const second = addressOf(2);
    await queue.add(PAYEE, [held(2, 10n)]);
    await queue.add(second, [held(2, 10n, second)]);
    await truncate(join(folder, `${PAYEE}.payee`), 40);
    await writeFile(join(folder, `${addressOf(3)}.payee.new`), 'half');
    const again = await RedeemQueue.open(folder);
    expect(again.damaged).toEqual([`${PAYEE}.payee`]);
    expect(again.sizes).toEqual({ payees: 1, vouchers: 1 });
    expect(await readdir(folder)).toContain(`${PAYEE}.payee.damaged`);
  });

  test('needs a folder that it may write', async () => {
    await writeFile(join(folder, 'file'), '');
    await expect(RedeemQueue.open(join(folder, 'file'))).rejects.toMatchObject({ code: 'redeem/bad-folder' });
  });
});

test('a journal of another chain, or a damaged one, stops the start rather than a second transaction', async () => {
  const journal = { chainId: 1, day: 2, spentWei: 3n };
  expect(await loadJournal(folder, 1)).toEqual({ chainId: 1, day: 0, spentWei: 0n });
  await storeJournal(folder, journal);
  expect(await loadJournal(folder, 1)).toEqual(journal);
  await expect(loadJournal(folder, 137)).rejects.toMatchObject({ code: 'redeem/bad-journal' });
  await truncate(join(folder, 'transaction'), 5);
  await expect(loadJournal(folder, 1)).rejects.toMatchObject({ code: 'redeem/bad-journal' });
});

describe('a trial', () => {
  test('keeps what may pay later and drops what never will', () => {
    const rows = [held(2, 1n), held(3, 1n), held(4, 1n), held(5, 1n), held(6, 1n)];
    const trial = readTrial(rows, [
      { paid: 7n },
      { paid: 0n, skipped: 'not-covered' },
      { paid: 0n, skipped: 'nothing-owed' },
      { paid: 0n, skipped: 'key-expired' },
      { paid: 0n, skipped: 'unknown-key' },
    ]);
    expect(trial).toEqual({ paying: [rows[0]], dead: [rows[2], rows[3]], paid: 7n });
  });

  test('is cut into batches that keep a payee together', () => {
    const payees = [60, 40, 1, 100, 99, 1].map((count) => ({ vouchers: new Array<number>(count).fill(0) }));
    const sizes = batchesOf(payees, 100).map((batch) => batch.map(({ vouchers }) => vouchers.length));
    expect(sizes).toEqual([[60, 40], [1], [100], [99, 1]]);
  });
});
