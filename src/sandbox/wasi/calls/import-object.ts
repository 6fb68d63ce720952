import { ERRNO, WasiError } from '../errno.ts';
import type { GuestMemory } from './guest-memory.ts';
import type { Calls } from '../process.ts';
import type { Trace } from '../trace.ts';

type Call = (...given: never[]) => void;
type Import = (...given: never[]) => number;

/**
 * The calls as a module imports them: each returns an errno. The guard holds modules to their types. With a trace, each
 * call is written down.
 */
export function importObject(
  calls: Calls,
  memory: GuestMemory,
  trace: Trace | undefined,
): WebAssembly.ModuleImports {
  const imports = Object.entries(calls).map(([name, call]) => {
    const withErrno = returnErrno(call);
    return [name, trace === undefined ? withErrno : trace.around(name, withErrno, memory)];
  });
  return Object.fromEntries(imports) as WebAssembly.ModuleImports;
}

function returnErrno(call: Call): Import {
  return (...given) => {
    try {
      call(...given);
      return ERRNO.SUCCESS;
    } catch (thrown) {
      if (thrown instanceof WasiError) return thrown.errno;
      throw thrown;
    }
  };
}
