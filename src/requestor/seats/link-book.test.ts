import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../../../tests/mesh/twins/manual-clock.ts';
import { AGREEMENT } from '../../protocol/messages.fixture.ts';
import { LinkBook } from './link-book.ts';
import { ProviderLink } from './provider-link.ts';

let clock: ManualClock;
beforeEach(() => void (clock = new ManualClock()));
afterEach(() => clock[Symbol.dispose]());

const linkOf = (digest: string) => new ProviderLink(clock, digest, AGREEMENT, []);

test('a link is found under every name that it goes by', () => {
  const book = new LinkBook();
  const link = linkOf('first');
  book.add(link);
  link.renew('second', { ...AGREEMENT, renews: 'first' });
  link.offered = { digest: 'third', envelope: {} as never };
  for (const name of ['first', 'second', 'third']) expect(book.get(name)).toBe(link);
  expect(book.get('fourth')).toBeUndefined();
  expect(book.all).toEqual([link]);
});

test('of a thousand that leave without having done anything the newest hundred are remembered', () => {
  const book = new LinkBook();
  const worker = linkOf('worker');
  worker.executions = 1;
  worker.end('ended', 'Enough.');
  book.add(worker);
  const seated = linkOf('seated');
  book.add(seated);
  for (let i = 0; i < 1_000; i++) {
    const idle = linkOf(`idle ${i}`);
    book.add(idle);
    idle.end('drained', 'Never mind.');
  }
  expect(book.all.length).toBeLessThanOrEqual(103);
  expect(book.all.slice(0, 2)).toEqual([worker, seated]);
  expect([book.get('idle 999'), book.get('idle 1')]).toEqual([expect.anything(), undefined]);
});
