import type { SuiteProgram } from './find-programs.ts';
import type { RunEnd } from './given-program.ts';

/** Something that runs programs of the suite. */
export interface Engine extends AsyncDisposable {
  run(program: SuiteProgram, isTraced: boolean): Promise<RunEnd>;
}
