import { expect, test } from 'vitest';
import { version } from '../../package.json';
import { KILN_VERSION } from './version.ts';

test('the version is that of package.json', () => {
  expect(KILN_VERSION).toBe(version);
});
