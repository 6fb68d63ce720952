import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { LIMIT_BOUNDS, VERIFIER_LIMITS } from '../src/job/limits.ts';
import { limitsSchema } from '../src/protocol/manifest-parts.ts';
import { ROOT } from './build.ts';

/** Files whose constants operators should know, in the order of the page. */
const SOURCES = [
  { title: 'The wire', file: 'src/protocol/constants.ts', intro: 'What every node holds every stranger to.' },
  { title: 'A relay', file: 'relay/limits.ts', intro: 'What one relay process bears at most.' },
  {
    title: 'A redeeming relay',
    file: 'relay/redeem/limits.ts',
    intro: 'What redeeming vouchers for others may cost a relay.',
  },
  {
    title: 'Evidence',
    file: 'src/requestor/evidence/constants.ts',
    intro: 'What accusations of strangers may cost a requestor.',
  },
  {
    title: 'The sandbox',
    file: 'src/sandbox/limits.ts',
    intro: 'What a program from a stranger may use of a provider.',
  },
  {
    title: 'WASI',
    file: 'src/sandbox/wasi/limits.ts',
    intro: 'What the calls of a WASI program meet.',
  },
  {
    title: 'The WASM guard',
    file: 'src/sandbox/wasm-guard/guard-limits.ts',
    intro: 'What a module may hold; more is refused before anything compiles.',
  },
] as const;

/** Where the page lies. */
export const LIMITS_PAGE = join(ROOT, 'docs', 'limits.md');

/** The page `docs/limits.md`, made of the constants and the reasons beside them, so that it cannot go stale. */
export async function makeLimitsPage(): Promise<string> {
  const parts = [
    '# Limits',
    'Generated from the constants in the code by `node scripts/limits-doc.ts`; do not edit.\n' +
      'What lies beyond a limit is refused with a named error.',
  ];
  for (const { title, file, intro } of SOURCES) {
    const values = (await import(join(ROOT, file))) as Readonly<Record<string, unknown>>;
    const rows = readConstants(readFileSync(join(ROOT, file), 'utf8'))
      .filter(({ name }) => values[name] !== undefined)
      .map(({ name, reason }) => `| \`${name}\` | ${showValue(name, values[name])} | ${reason} |`);
    parts.push(
      `## ${title}`,
      `${intro} (\`${file}\`)`,
      ['| limit | value | why |', '|---|---|---|', ...rows].join('\n'),
    );
  }
  parts.push(
    '## A task',
    'What one task gets when its manifest says nothing under `limits`, and what it may ask for; more is cut to that.\n' +
      '(`src/job/limits.ts`, `src/protocol/manifest-parts.ts`)',
    ['| `limits.` | default | at most | what it bounds |', '|---|---|---|---|', ...taskLimitRows()].join(
      '\n',
    ),
  );
  parts.push(
    '## A verifier',
    'What the program that checks results gets on the device of its requestor, whatever its manifest says. (`src/job/limits.ts`)',
    ['| limit | value | what it bounds |', '|---|---|---|', ...verifierRows()].join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
}

function verifierRows(): string[] {
  const names = ['memoryBytes', 'wallMs', 'fuel', 'outputBytes', 'moduleBytes', 'tableElements'] as const;
  return names.map((name) => {
    const value = showValue(constantName(name), VERIFIER_LIMITS[name]);
    return `| \`${name}\` | ${value} | ${v.getDescription(limitsSchema.entries[name].wrapped)} |`;
  });
}

function taskLimitRows(): string[] {
  return Object.entries(LIMIT_BOUNDS).map(([name, { byDefault, atMost }]) => {
    const schema = limitsSchema.entries[name as keyof typeof LIMIT_BOUNDS].wrapped;
    const [usual, most] = [byDefault, atMost].map((value) => showValue(constantName(name), value));
    return `| \`${name}\` | ${usual} | ${most} | ${v.getDescription(schema)} |`;
  });
}

/** `wallMs` as `WALL_MS`: constants carry their unit in capitals. */
function constantName(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Exported constants in order, each with the docstring above it (a docstring serves the constants right below it). */
export function readConstants(source: string): { readonly name: string; readonly reason: string }[] {
  const constants: { name: string; reason: string }[] = [];
  const pattern = /\/\*\*([\s\S]*?)\*\/|^export const (\w+)/gm;
  let reason = '';
  for (const match of source.matchAll(pattern)) {
    if (match[2] === undefined) {
      reason = match[1]!
        .split('\n')
        .map((line) => line.replace(/^\s*\*?\s?/, '').trim())
        .join(' ')
        .replaceAll('|', '\\|')
        .trim();
    } else {
      constants.push({ name: match[2], reason });
    }
  }
  return constants;
}

const UNITS = [
  [1_073_741_824, 'GiB'],
  [1_048_576, 'MiB'],
  [1_024, 'KiB'],
] as const;

function showValue(name: string, value: unknown): string {
  if (typeof value !== 'number' && typeof value !== 'bigint')
    return `\`${JSON.stringify(value, showBigint)}\``;
  const number = Number(value);
  if (name.includes('BYTES')) {
    const unit = UNITS.find(([size]) => number >= size && number % size === 0);
    if (unit !== undefined) return `${(number / unit[0]).toLocaleString('en')} ${unit[1]}`;
  }
  if (name.endsWith('_MS')) return number >= 1_000 ? `${number / 1_000} s` : `${number} ms`;
  return number.toLocaleString('en', { maximumFractionDigits: 6 });
}

function showBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

if (import.meta.main) {
  writeFileSync(LIMITS_PAGE, await makeLimitsPage());
  console.log(`Wrote ${LIMITS_PAGE}.`);
}
