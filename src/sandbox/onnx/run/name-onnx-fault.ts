import { GuestFault } from '../../messages.ts';

/** How the runtime says that its memory cannot grow, or that an allocation failed. */
const OUT_OF_MEMORY =
  /bad_alloc|failed to allocate|allocat\w+ (?:a buffer|failed)|out of memory|memory limit|enlarge memory|Aborted\(OOM/i;
/** How it begins every error of its own. */
const RUNTIME_ERROR = /ERROR_CODE: \d+, ERROR_MESSAGE: /;

/** What the runtime threw while it read a model, as a fault. */
export function loadFault(thrown: unknown): unknown {
  const message = messageOf(thrown);
  if (message === undefined || isStack(message)) return thrown;
  if (OUT_OF_MEMORY.test(message)) return outOfMemory();
  return new GuestFault('refused', `The runtime cannot load this model: ${plain(message)}`);
}

/** What it threw while it ran a model; a fault of the model's own, such as shapes that do not fit, is a trap. */
export function runFault(thrown: unknown): unknown {
  const message = messageOf(thrown);
  if (message === undefined || isStack(message)) return thrown;
  if (OUT_OF_MEMORY.test(message)) return outOfMemory();
  return new GuestFault('trap', `The model failed: ${plain(message)}`);
}

/**
 * The model and its tensors do not fit the job's limit, or this device: the runtime does not say which. Either way the
 * run fails; it never goes another way that ends in other numbers.
 */
export function outOfMemory(): GuestFault {
  return new GuestFault(
    'out-of-memory',
    'The model needs more memory than the job allows or this device has.',
  );
}

function messageOf(thrown: unknown): string | undefined {
  if (thrown instanceof GuestFault) return undefined;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function isStack(message: string): boolean {
  return /call stack|too much recursion|stack overflow/i.test(message);
}

function plain(message: string): string {
  const text = message.replace(/^.*?ERROR_MESSAGE: /s, '').trim();
  return RUNTIME_ERROR.test(message) ? text : message.trim();
}
