/**
 * Compiles the contracts and writes what TypeScript needs of them.
 *
 * `node contracts/build.ts` writes src/wallet/artifacts/*.ts (the app's) and contracts/artifacts/*.ts (for deployment
 * and tests, so that the app does not carry them); `--check` writes nothing and fails when they are stale.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile, type Compiled } from './compile.ts';

const APP = 'src/wallet/artifacts';
const TOOLS = 'contracts/artifacts';

/** Which file holds which part of which contract. */
const ARTIFACTS = [
  { name: 'VoucherPool', constant: 'voucherPool', path: `${APP}/voucher-pool.ts`, part: 'creation' },
  { name: 'VoucherPool', constant: 'voucherPool', path: `${TOOLS}/voucher-pool-runtime.ts`, part: 'runtime' },
  { name: 'TestGLM', constant: 'testGlm', path: `${APP}/test-glm.ts`, part: 'creation' },
  { name: 'TestGLM', constant: 'testGlm', path: `${TOOLS}/test-glm-runtime.ts`, part: 'runtime' },
  {
    name: 'TestMainnetGLM',
    constant: 'testMainnetGlm',
    path: `${TOOLS}/test-mainnet-glm.ts`,
    part: 'creation',
  },
  { name: 'TestPermitGLM', constant: 'testPermitGlm', path: `${TOOLS}/test-permit-glm.ts`, part: 'creation' },
] as const;

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function renderCreation(name: string, constant: string, { abi, bytecode }: Compiled): string[] {
  return [
    `/** ABI of ${name}. */`,
    '// prettier-ignore',
    `export const ${constant}Abi = [`,
    ...abi.map((entry) => `  ${JSON.stringify(entry)},`),
    '] as const;',
    '',
    `/** Creation bytecode of ${name}, without constructor arguments. */`,
    '// prettier-ignore',
    `export const ${constant}Bytecode = '0x${bytecode}' as const;`,
  ];
}

function renderRuntime(name: string, constant: string, { runtime, immutables }: Compiled): string[] {
  return [
    `/** Code of ${name} at its address, with zeros where immutables go, and where each goes: bytes from the start. */`,
    '// prettier-ignore',
    `export const ${constant}Runtime = {`,
    `  code: '0x${runtime}',`,
    `  immutables: ${JSON.stringify(immutables)},`,
    '} as const;',
  ];
}

const isCheck = process.argv.includes('--check');
const { contracts, version } = await compile([...new Set(ARTIFACTS.map(({ name }) => name))]);
for (const { name, constant, path, part } of ARTIFACTS) {
  const render = part === 'creation' ? renderCreation : renderRuntime;
  const text = [
    `// Generated from contracts/src/${name}.sol by \`node contracts/build.ts\` (solc ${version}); do not edit.`,
    '',
    ...render(name, constant, contracts[name]!),
    '',
  ].join('\n');
  const file = join(root, path);
  const present = await readFile(file, 'utf8').catch(() => '');
  if (present === text) {
    console.log(`${name}: ${path} is up to date`);
  } else if (isCheck) {
    console.error(`${name}: ${path} is stale. Run: node contracts/build.ts`);
    process.exitCode = 1;
  } else {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    console.log(`${name}: wrote ${path}`);
  }
}
