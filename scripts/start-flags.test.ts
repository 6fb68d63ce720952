import { expect, test } from 'vitest';
import { parseStartFlags } from './start-flags.ts';

test('has defaults', () => {
  expect(parseStartFlags([])).toEqual({
    isHelp: false,
    isDemo: false,
    out: 'kiln-demo',
    providers: 3,
    frames: 24,
    port: 8484,
  });
});

test('reads the flags of the demo', () => {
  const flags = parseStartFlags(['--demo', '--out', 'film', '--providers', '5', '--frames', '48']);
  expect(flags).toMatchObject({ isDemo: true, out: 'film', providers: 5, frames: 48 });
});

test.each([
  [['--demo', '--providers', '1'], '--providers takes a whole number from 2 to 16, not "1".'],
  [['--demo', '--frames', '2.5'], '--frames takes a whole number from 1 to 480, not "2.5".'],
  [['--demo', '--frames', '-3'], '--frames'],
  [['--port', '70000'], '--port takes a whole number from 1 to 65535, not "70000".'],
  [['--frames', '3'], '--frames goes with --demo.'],
  [['--demo', '--out', ''], '--out takes a folder.'],
  [['--dmeo'], "Unknown option '--dmeo'. Run npm start -- --help for the list."],
  [['film'], 'Run npm start -- --help'],
])('refuses %j', (args, message) => {
  expect(() => parseStartFlags(args)).toThrow(message);
});
