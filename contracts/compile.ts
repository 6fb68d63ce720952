import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** 2394: transient storage may surprise; OpenZeppelin's guard clears it, which the warning itself calls safe. */
const ACCEPTED_WARNINGS: readonly string[] = ['2394'];

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const requireModule = createRequire(import.meta.url);

/** One contract, compiled. */
export interface Compiled {
  readonly abi: readonly object[];
  /** Creation code, hexadecimal without `0x`. */
  readonly bytecode: string;
  /** Code at the contract's address, with zeros where immutables go; hexadecimal without `0x`. */
  readonly runtime: string;
  /** Where each immutable goes in the runtime code: bytes from its start, 32 bytes each, by variable name. */
  readonly immutables: Readonly<Record<string, readonly number[]>>;
}

interface Compiler {
  version(): string;
  compile(
    input: string,
    callbacks: { import: (path: string) => { contents: string } | { error: string } },
  ): string;
}

type References = Readonly<Record<string, readonly { readonly start: number; readonly length: number }[]>>;

interface CompilerOutput {
  readonly errors?: readonly { readonly errorCode: string; readonly formattedMessage: string }[];
  readonly sources: Readonly<Record<string, { readonly ast: unknown }>>;
  readonly contracts: Readonly<
    Record<
      string,
      Record<
        string,
        {
          readonly abi: readonly object[];
          readonly evm: {
            readonly bytecode: { readonly object: string };
            readonly deployedBytecode: { readonly object: string; readonly immutableReferences: References };
          };
        }
      >
    >
  >;
}

/** Compiles contracts of `src/` with the settings of foundry.toml; throws with the compiler's messages on any error. */
export async function compile(
  names: readonly string[],
): Promise<{ readonly contracts: Readonly<Record<string, Compiled>>; readonly version: string }> {
  const solc = requireModule('solc') as Compiler;
  const sources: Record<string, { content: string }> = {};
  for (const name of names)
    sources[pathOf(name)] = { content: await readFile(join(here, 'src', `${name}.sol`), 'utf8') };
  const outputs = [
    'abi',
    'evm.bytecode.object',
    'evm.deployedBytecode.object',
    'evm.deployedBytecode.immutableReferences',
  ];
  const input = {
    language: 'Solidity',
    sources,
    settings: {
      optimizer: { enabled: true, runs: 10_000 },
      evmVersion: 'cancun',
      metadata: { bytecodeHash: 'none' },
      outputSelection: { '*': { '*': outputs, '': ['ast'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: readImport })) as CompilerOutput;
  const problems = output.errors?.filter((problem) => !ACCEPTED_WARNINGS.includes(problem.errorCode)) ?? [];
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.formattedMessage).join('\n'));

  const variables = new Map<string, string>();
  for (const { ast } of Object.values(output.sources)) collectVariables(ast, variables);
  const contracts = names.map((name): [string, Compiled] => {
    const { abi, evm } = output.contracts[pathOf(name)]![name]!;
    const { object, immutableReferences } = evm.deployedBytecode;
    return [
      name,
      {
        abi,
        bytecode: evm.bytecode.object,
        runtime: object,
        immutables: placesOf(immutableReferences, variables),
      },
    ];
  });
  return { contracts: Object.fromEntries(contracts), version: solc.version() };
}

function pathOf(name: string): string {
  return `contracts/src/${name}.sol`;
}

function readImport(path: string): { contents: string } | { error: string } {
  try {
    const file = path.startsWith('contracts/') ? join(root, path) : requireModule.resolve(path);
    return { contents: readFileSync(file, 'utf8') };
  } catch (error) {
    return { error: String(error) };
  }
}

function placesOf(references: References, variables: ReadonlyMap<string, string>) {
  const places = Object.entries(references).map(([id, uses]): [string, number[]] => [
    variables.get(id)!,
    uses.map((use) => use.start),
  ]);
  return Object.fromEntries(places.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The compiler names immutables by the numbers of their declarations in the syntax tree. */
function collectVariables(node: unknown, variables: Map<string, string>): void {
  if (typeof node !== 'object' || node === null) return;
  if ('nodeType' in node && node.nodeType === 'VariableDeclaration' && 'id' in node && 'name' in node)
    variables.set(String(node.id), String(node.name));
  for (const child of Object.values(node)) collectVariables(child, variables);
}
