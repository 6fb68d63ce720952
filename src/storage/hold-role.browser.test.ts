import { expect, test } from 'vitest';
import { holdRole } from './hold-role.ts';

test('one tab holds a role until it stops', async () => {
  const role = crypto.randomUUID();
  const first = new AbortController();
  await holdRole(role, first.signal);
  await expect(holdRole(role, new AbortController().signal)).rejects.toThrow(
    expect.objectContaining({ code: 'storage/role-taken', data: { role } }),
  );
  first.abort();
  const second = new AbortController();
  await expect
    .poll(() =>
      holdRole(role, second.signal).then(
        () => 'held',
        () => 'taken',
      ),
    )
    .toBe('held');
  second.abort();
});

test('another frame of the same site finds the role taken', async () => {
  const role = crypto.randomUUID();
  const holding = new AbortController();
  await holdRole(role, holding.signal);
  const frame = document.createElement('iframe');
  document.body.append(frame);
  const isFree = await frame.contentWindow!.navigator.locks.request(
    `kiln/role/${role}`,
    { ifAvailable: true },
    (lock) => lock !== null,
  );
  expect(isFree).toBe(false);
  frame.remove();
  holding.abort();
});

test('a signal that fired already takes nothing', async () => {
  await expect(holdRole('nobody', AbortSignal.abort())).rejects.toThrow();
});
