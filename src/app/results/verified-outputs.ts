import type { Bytes } from '../../base/bytes.ts';
import type { Kiln } from '../../kiln/kiln.ts';
import type { JobView } from '../../requestor/view.ts';

/**
 * Calls back for each task of a job that has a result, also one that stands only for now, with the bytes of one of its
 * output files: first those that have one already, in order, then each as it comes, and again when it is replaced. One
 * at a time, so that a long job does not fill the memory.
 *
 * @param onFailure gets what went wrong when an output cannot be read; the rest still come.
 * @returns stops it.
 */
export function watchOutputs(
  kiln: Kiln,
  job: JobView,
  path: string,
  onOutput: (task: number, bytes: Bytes) => void | Promise<void>,
  onFailure: (thrown: unknown) => void,
): () => void {
  let isStopped = false;
  let chain = Promise.resolve();

  const read = async (task: number): Promise<void> => {
    if (isStopped) return;
    try {
      const files = await kiln.requestor.outputs(job.job, task);
      const file = files?.find((each) => each.path === path);
      if (file !== undefined && !isStopped) await onOutput(task, file.bytes);
    } catch (thrown) {
      if (!isStopped) onFailure(thrown);
    }
  };
  const add = (task: number): void => {
    chain = chain.then(() => read(task));
  };

  const unsubscribe = kiln.requestor.onVerified(job.job, add);
  job.phases.forEach((phase, task) => {
    if (phase === 'verified' || phase === 'provisional') add(task);
  });
  return () => {
    isStopped = true;
    unsubscribe();
  };
}
