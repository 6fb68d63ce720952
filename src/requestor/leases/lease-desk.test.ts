import { afterEach, beforeEach, expect, test } from 'vitest';
import { MarketDay, viewOf } from '../../../tests/mesh/market-day.ts';
import { MAX_OPEN_LEASES } from '../../protocol/constants.ts';
import type { WorkDown } from '../../protocol/work.ts';
import { ProviderLink } from '../seats/provider-link.ts';

/** Two leases in flight for each of so many slots are more than a provider holds. */
const SLOTS = MAX_OPEN_LEASES / 2 + 5;
/** Enough to be left when its first results have shown that it has them. */
const TASKS = 4 * SLOTS;

let day: MarketDay;
let mostLeases = 0;
const send = ProviderLink.prototype.send;

beforeEach(() => {
  day = new MarketDay();
  mostLeases = 0;
  ProviderLink.prototype.send = function (this: ProviderLink, message: WorkDown) {
    mostLeases = Math.max(mostLeases, this.leases.size);
    send.call(this, message);
  };
});
afterEach(async () => {
  ProviderLink.prototype.send = send;
  await day[Symbol.asyncDispose]();
});

test('a provider of very many slots is leased no more than it holds, and works the job to its end', async () => {
  const { requestor } = await day.requestor();
  const pricePerUnit = { wasi: 0n, wgsl: 0n, onnx: 0n };
  const { provider } = await day.provider({ slots: SLOTS, msPerTask: 1_000 }, { pricePerUnit });
  const job = await day.submit(requestor, TASKS, { kind: 'trust', auditRate: 0 });
  const view = await day.untilEnded(requestor, job);
  expect([view.status, view.verified]).toEqual(['done', TASKS]);
  expect(mostLeases).toBe(MAX_OPEN_LEASES);
  expect(view.providers.length).toBe(1);
  expect(provider.view.value.agreements.length).toBe(1);
  expect(viewOf(requestor, job)!.rejected).toEqual([]);
}, 20_000);
