import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';

/** A file that a program finds, by its path from the root of its file system. */
export interface GivenFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** A program of the suite and what its specification says (`doc/specification.md` there). */
export interface SuiteProgram {
  readonly name: string;
  readonly module: Uint8Array;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly files: readonly GivenFile[];
  /** Directories that are there, so that empty ones are, too. */
  readonly directories: readonly string[];
  /** Directories that are open at the start. */
  readonly preopens: readonly string[];
  readonly exitCode: number;
  readonly stdout: string | undefined;
}

/** What lies beneath a folder: programs to run, and how many others were left out, by reason. */
export interface Suite {
  readonly programs: readonly SuiteProgram[];
  readonly skipped: ReadonlyMap<string, number>;
}

interface Specification {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Folders beside the program, each open under its own name. */
  readonly dirs?: readonly string[];
  /** A folder beside the program that is open as `/`; an older form of `dirs`. */
  readonly root?: string;
  readonly exit_code?: number;
  readonly stdout?: string;
}

const PREVIEW_1 = 'wasi_snapshot_preview1';
/** What a program leaves behind for its next run to remove. */
const LEFT_BEHIND = '.cleanup';

/** Finds all programs beneath a folder. Only preview 1 commands are for us; the rest is counted. */
export function findPrograms(folder: string): Suite {
  const programs: SuiteProgram[] = [];
  const skipped = new Map<string, number>();
  for (const path of filesBeneath(folder).filter((file) => file.endsWith('.wasm'))) {
    const module = readFileSync(path);
    const reason = whyNot(module);
    if (reason === undefined) programs.push(readProgram(folder, path, module));
    else skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
  }
  return { programs, skipped };
}

/** Why a file is not a preview 1 command; undefined when it is one. */
function whyNot(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  // A component has another version and layer after the magic number.
  if (bytes[4] !== 1 || bytes[6] !== 0) return 'components (preview 2 and later)';
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes));
  if (imports.some(({ module }) => module === 'wasi')) return 'wasi-threads';
  if (imports.some(({ kind }) => kind === 'memory')) return 'wasi-threads';
  return imports.every(({ module }) => module === PREVIEW_1) ? undefined : 'other imports';
}

function readProgram(folder: string, path: string, module: Uint8Array): SuiteProgram {
  const specPath = path.replace(/\.wasm$/, '.json');
  const spec = (existsSync(specPath) ? JSON.parse(readFileSync(specPath, 'utf8')) : {}) as Specification;
  const beside = dirname(path);
  const from = spec.root === undefined ? beside : join(beside, spec.root);
  const given = spec.root === undefined ? (spec.dirs ?? []) : ['.'];
  const found = given.flatMap((name) => filesBeneath(join(from, name)));
  const inside = (file: string) => relative(from, file).split(sep).join('/');
  const files = found.filter((file) => !file.endsWith(LEFT_BEHIND));
  return {
    name: relative(folder, path),
    module,
    args: [basename(path), ...(spec.args ?? [])],
    env: Object.entries(spec.env ?? {}).map(([name, value]) => `${name}=${value}`),
    files: files.map((file) => ({ path: inside(file), bytes: readFileSync(file) })),
    directories: given.filter((name) => name !== '.'),
    preopens: spec.root === undefined ? given : ['/'],
    exitCode: spec.exit_code ?? 0,
    stdout: spec.stdout,
  };
}

function filesBeneath(folder: string): string[] {
  const names = readdirSync(folder).sort();
  return names.flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesBeneath(path) : [path];
  });
}
