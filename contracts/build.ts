/**
 * Compiles the contracts and writes what TypeScript needs of them.
 *
 * `node contracts/build.ts` writes src/wallet/artifacts/*.ts; `--check` writes nothing and fails when they are stale.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CONTRACTS = [
  { name: 'VoucherPool', constant: 'voucherPool', file: 'voucher-pool.ts' },
  { name: 'TestGLM', constant: 'testGlm', file: 'test-glm.ts' },
] as const;

/** 2394: transient storage may surprise; OpenZeppelin's guard clears it, which the warning itself calls safe. */
const ACCEPTED_WARNINGS: readonly string[] = ['2394'];

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const artifacts = join(root, 'src', 'wallet', 'artifacts');
const requireModule = createRequire(import.meta.url);

interface Compiler {
  version(): string;
  compile(
    input: string,
    callbacks: { import: (path: string) => { contents: string } | { error: string } },
  ): string;
}

interface CompilerOutput {
  readonly errors?: readonly { readonly errorCode: string; readonly formattedMessage: string }[];
  readonly contracts: Record<
    string,
    Record<
      string,
      { readonly abi: readonly object[]; readonly evm: { readonly bytecode: { readonly object: string } } }
    >
  >;
}

/** Compiles with the settings of foundry.toml; throws with the compiler's messages on any error. */
async function compile(): Promise<{ output: CompilerOutput; version: string }> {
  const solc = requireModule('solc') as Compiler;
  const sources: Record<string, { content: string }> = {};
  for (const { name } of CONTRACTS) {
    sources[`contracts/src/${name}.sol`] = {
      content: await readFile(join(here, 'src', `${name}.sol`), 'utf8'),
    };
  }
  const input = {
    language: 'Solidity',
    sources,
    settings: {
      optimizer: { enabled: true, runs: 10_000 },
      evmVersion: 'cancun',
      metadata: { bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  };
  const readImport = (path: string) => {
    try {
      const file = path.startsWith('contracts/') ? join(root, path) : requireModule.resolve(path);
      return { contents: readFileSync(file, 'utf8') };
    } catch (error) {
      return { error: String(error) };
    }
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport })) as CompilerOutput;
  const problems = output.errors?.filter((problem) => !ACCEPTED_WARNINGS.includes(problem.errorCode)) ?? [];
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.formattedMessage).join('\n'));
  return { output, version: solc.version() };
}

function render(name: string, constant: string, output: CompilerOutput, version: string): string {
  const contract = output.contracts[`contracts/src/${name}.sol`]![name]!;
  const rows = contract.abi.map((entry) => `  ${JSON.stringify(entry)},`);
  return [
    `// Generated from contracts/src/${name}.sol by \`node contracts/build.ts\` (solc ${version}); do not edit.`,
    '',
    `/** ABI of ${name}. */`,
    '// prettier-ignore',
    `export const ${constant}Abi = [`,
    ...rows,
    '] as const;',
    '',
    `/** Creation bytecode of ${name}, without constructor arguments. */`,
    '// prettier-ignore',
    `export const ${constant}Bytecode = '0x${contract.evm.bytecode.object}' as const;`,
    '',
  ].join('\n');
}

const isCheck = process.argv.includes('--check');
const { output, version } = await compile();
await mkdir(artifacts, { recursive: true });
for (const { name, constant, file } of CONTRACTS) {
  const path = join(artifacts, file);
  const text = render(name, constant, output, version);
  const present = await readFile(path, 'utf8').catch(() => '');
  if (present === text) {
    console.log(`${name}: up to date`);
  } else if (isCheck) {
    console.error(`${name}: src/wallet/artifacts/${file} is stale. Run: node contracts/build.ts`);
    process.exitCode = 1;
  } else {
    await writeFile(path, text);
    console.log(`${name}: wrote src/wallet/artifacts/${file}`);
  }
}
