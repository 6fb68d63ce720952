import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { MemoryChain } from '../../../tests/mesh/twins/memory-chain.ts';
import type { Ledger } from '../../payment/voucher/ledger.ts';
import type { Address } from '../../protocol/primitives.ts';
import type { WorkDown } from '../../protocol/work.ts';
import { memoryStore } from '../../storage/memory-store.ts';
import { recordedLink } from '../seats/link.fixture.ts';
import { Paymaster } from './paymaster.ts';
import { startLedger } from './session-ledger.ts';
import type { Collection } from '../../base/collection.ts';
import type { PaymentSession } from '../slices.ts';

const PAYER: Address = `0x${'aa'.repeat(20)}`;
/** A task costs 100. */
const TERMS = { pricePerUnit: 10_000n, microUnitsPerTask: 10_000 };

let clock: ManualClock;
let chain: MemoryChain;
let session: PaymentSession;
let ledgers: Collection<Ledger>;
/** Every state of the ledger that was stored, and every voucher that was signed, in order. */
let log: string[];
/** What goes wrong next. */
let failing: 'store' | 'sign' | undefined;

beforeEach(async () => {
  clock = new ManualClock();
  chain = new MemoryChain(clock);
  log = [];
  failing = undefined;
  const real = chain.openSession({ payer: PAYER, deposit: 1_000n, cap: 1_000n });
  session = {
    ...real,
    sign: async (voucher) => {
      if (failing === 'sign') throw new Error('no signature');
      log.push(`signed ${voucher.issued}`);
      return real.sign(voucher);
    },
  };
  const stored = memoryStore().collection<Ledger>('ledgers');
  ledgers = {
    get: (key) => stored.get(key),
    delete: (key) => stored.delete(key),
    entries: (prefix) => stored.entries(prefix),
    put: async (key, ledger) => {
      if (failing === 'store') throw new Error('no room');
      await stored.put(key, ledger);
      log.push(`stored ${ledger.issued}`);
    },
  };
  await startLedger(session, stored);
});
afterEach(() => clock[Symbol.dispose]());

function linkOf(number = 2, terms: { pricePerUnit?: bigint } = {}) {
  return recordedLink(clock, number, { ...TERMS, ...terms });
}

/** Amount, total and tasks of each voucher sent. */
function vouchers(sent: readonly WorkDown[]): unknown[] {
  return sent.flatMap((message) =>
    message.type === 'voucher' ? [[message.voucher.amount, message.voucher.issued, message.tasks]] : [],
  );
}

describe('when the ledger cannot be stored', () => {
  test('nothing is signed or sent, what is owed stays owed, and the next try pays it', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const { link, sent } = linkOf();
    link.owedTasks = 2;
    failing = 'store';
    await expect(paymaster.pay(link)).rejects.toThrow('no room');
    expect([log, sent, link.owedTasks, link.paid, paymaster.spent]).toEqual([[], [], 2, 0n, 0n]);
    failing = undefined;
    link.owedTasks++;
    await paymaster.pay(link);
    expect(vouchers(sent)).toEqual([[300n, 300n, 3]]);
    expect(log).toEqual(['stored 300', 'signed 300']);
  });
  test('payments to others go on', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const [one, other] = [linkOf(2), linkOf(3)];
    one.link.owedTasks = 1;
    other.link.owedTasks = 1;
    failing = 'store';
    const failed = paymaster.pay(one.link);
    const paid = failed.catch(() => (failing = undefined)).then(() => paymaster.pay(other.link));
    await expect(failed).rejects.toThrow('no room');
    await paid;
    expect([vouchers(one.sent), vouchers(other.sent)]).toEqual([[], [[100n, 100n, 1]]]);
  });
});

describe('when a voucher cannot be signed', () => {
  test('its state of the ledger is used up: no two vouchers ever say the same total', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const [one, other] = [linkOf(2), linkOf(3)];
    one.link.owedTasks = 1;
    other.link.owedTasks = 1;
    failing = 'sign';
    await expect(paymaster.pay(one.link)).rejects.toThrow('no signature');
    failing = undefined;
    await paymaster.pay(other.link);
    expect(vouchers(other.sent)).toEqual([[100n, 200n, 1]]);
    await paymaster.state(one.link);
    expect(vouchers(one.sent)).toEqual([[100n, 200n, 0]]);
  });
});

describe('the order', () => {
  test('is store, sign, send: payments begun together come one after another', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const links = [linkOf(2), linkOf(3), linkOf(4)];
    for (const { link } of links) link.owedTasks = 1;
    await Promise.all(links.map(({ link }) => paymaster.pay(link)));
    expect(log).toEqual(['stored 100', 'signed 100', 'stored 200', 'signed 200', 'stored 300', 'signed 300']);
    expect(links.map(({ sent }) => vouchers(sent))).toEqual([
      [[100n, 100n, 1]],
      [[100n, 200n, 1]],
      [[100n, 300n, 1]],
    ]);
  });
  test('two payments to one provider begun together pay what is owed once', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const { link, sent } = linkOf();
    link.owedTasks = 4;
    await Promise.all([paymaster.pay(link), paymaster.pay(link)]);
    expect([vouchers(sent), link.owedTasks, link.tasksPaid, link.paid]).toEqual([
      [[400n, 400n, 4]],
      0,
      4,
      400n,
    ]);
  });
  test('what is accepted while a voucher is on its way is paid by the next', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const { link, sent } = linkOf();
    link.owedTasks = 1;
    const first = paymaster.pay(link);
    await Promise.resolve();
    link.owedTasks += 2;
    await Promise.all([first, paymaster.pay(link)]);
    await paymaster.settled();
    const total = vouchers(sent).reduce<number>((sum, voucher) => sum + (voucher as number[])[2]!, 0);
    expect([total, link.owedTasks, paymaster.spent]).toEqual([3, 0, 300n]);
  });
});

describe('the cap', () => {
  test('is never passed: what still fits is paid, the rest is refused and stays owed', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const { link, sent } = linkOf();
    link.owedTasks = 9;
    await paymaster.pay(link);
    link.owedTasks = 2;
    await expect(paymaster.pay(link)).rejects.toMatchObject({ code: 'payment/over-cap' });
    expect([vouchers(sent).length, link.owedTasks, paymaster.rest]).toEqual([2, 1, 0n]);
    expect(paymaster.promised(link.payee)).toBe(1_000n);
  });
  test('work without a price is noted as paid and needs no voucher', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const { link, sent } = linkOf(2, { pricePerUnit: 0n });
    link.owedTasks = 5;
    await paymaster.pay(link);
    expect([sent, log, link.owedTasks, link.tasksPaid]).toEqual([[], [], 0, 5]);
  });
});

describe('after a break', () => {
  test('the newest voucher is stated again, for no tasks, with the total of now', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const [one, other] = [linkOf(2), linkOf(3)];
    one.link.owedTasks = 2;
    other.link.owedTasks = 3;
    await paymaster.pay(one.link);
    await paymaster.pay(other.link);
    await paymaster.state(one.link);
    expect(vouchers(one.sent)).toEqual([
      [200n, 200n, 2],
      [200n, 500n, 0],
    ]);
    for (const message of one.sent) {
      if (message.type === 'voucher')
        expect(await chain.voucherSigner(session.terms, message.voucher)).toBe(
          session.terms.sessionKey.toLowerCase(),
        );
    }
  });
  test('nothing is stated to whom nothing was promised', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const { link, sent } = linkOf();
    await paymaster.state(link);
    expect(sent).toEqual([]);
  });
  test('a statement waits for the payment before it', async () => {
    const paymaster = await Paymaster.open(session, ledgers);
    const { link, sent } = linkOf();
    link.owedTasks = 1;
    await Promise.all([paymaster.pay(link), paymaster.state(link)]);
    expect(vouchers(sent)).toEqual([
      [100n, 100n, 1],
      [100n, 100n, 0],
    ]);
  });
  test('a reloaded tab goes on where the stored ledger ends, whatever the case of the key', async () => {
    const first = await Paymaster.open(session, ledgers);
    const { link } = linkOf();
    link.owedTasks = 4;
    await first.pay(link);
    const terms = { ...session.terms, sessionKey: session.terms.sessionKey.toLowerCase() };
    const second = await Paymaster.open({ ...session, terms }, ledgers);
    expect([second.spent, second.rest, second.promised(link.payee)]).toEqual([400n, 600n, 400n]);
    link.owedTasks = 1;
    await second.pay(link);
    expect(log.at(-1)).toBe('signed 500');
  });
});
