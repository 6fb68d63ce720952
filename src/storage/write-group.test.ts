import { expect, test } from 'vitest';
import { WriteGroup } from './write-group.ts';

/** A store that takes what is committed, one commit at a time, when the test says so. */
function slowStore() {
  const written: number[][] = [];
  const commits: { finish: () => void; fail: (error: unknown) => void }[] = [];
  const group = new WriteGroup<number[]>(async (apply) => {
    const batch: number[] = [];
    apply(batch);
    await new Promise<void>((resolve, reject) => commits.push({ finish: resolve, fail: reject }));
    written.push(batch);
  });
  return { group, written, commits };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

test('changes that come during a commit share the next one, in order', async () => {
  const { group, written, commits } = slowStore();
  const first = group.add((batch) => batch.push(1));
  await turn();
  const later = [2, 3, 4].map((value) => group.add((batch) => batch.push(value)));
  await turn();
  expect(commits).toHaveLength(1);
  commits[0]!.finish();
  await first;
  await turn();
  commits[1]!.finish();
  await Promise.all(later);
  expect(written).toEqual([[1], [2, 3, 4]]);
});

test('a change that cannot be applied is refused alone; a commit that fails refuses all of it', async () => {
  const { group, written, commits } = slowStore();
  const bad = group.add(() => {
    throw new Error('not storable');
  });
  const good = group.add((batch) => batch.push(1));
  await expect(bad).rejects.toThrow('not storable');
  commits[0]!.finish();
  await good;
  const lost = group.add((batch) => batch.push(2));
  await turn();
  commits[1]!.fail(new Error('disk full'));
  await expect(lost).rejects.toThrow('disk full');
  const after = group.add((batch) => batch.push(3));
  await turn();
  commits[2]!.finish();
  await after;
  expect(written).toEqual([[1], [3]]);
});
