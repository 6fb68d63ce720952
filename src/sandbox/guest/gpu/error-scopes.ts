import { GuestFault } from '../../messages.ts';

const SCOPES: readonly GPUErrorFilter[] = ['validation', 'out-of-memory', 'internal'];

/** Error scopes around a piece of work. */
export class ErrorScopes {
  readonly #device: GPUDevice;
  #fault: Promise<GuestFault | undefined> | undefined;

  constructor(device: GPUDevice) {
    this.#device = device;
    for (const scope of SCOPES) device.pushErrorScope(scope);
  }

  /**
   * Ends the scopes and gives what the device had to say. Call it before waiting for the work: the answer then
   * travels along with the result, not after it. Later calls give the same answer.
   */
  close(): Promise<GuestFault | undefined> {
    this.#fault ??= Promise.all(SCOPES.map(() => this.#device.popErrorScope())).then((errors) =>
      errors.map(toFault).find((fault) => fault !== undefined),
    );
    return this.#fault;
  }

  /** Throws what the device said, else what was thrown; a fault of our own says more than the device's. */
  async rethrow(thrown: unknown): Promise<never> {
    // On a lost device even this fails, and says less than what failed first.
    const fault = await this.close().catch(() => undefined);
    throw thrown instanceof GuestFault ? thrown : (fault ?? thrown);
  }
}

/** Runs a step inside error scopes; what the device reports becomes a fault. */
export async function withErrorScopes<T>(device: GPUDevice, step: () => Promise<T>): Promise<T> {
  const scopes = new ErrorScopes(device);
  let result: T;
  try {
    result = await step();
  } catch (thrown) {
    return scopes.rethrow(thrown);
  }
  const fault = await scopes.close();
  if (fault !== undefined) throw fault;
  return result;
}

function toFault(error: GPUError | null): GuestFault | undefined {
  if (error === null) return undefined;
  if (error instanceof GPUOutOfMemoryError) {
    return new GuestFault('out-of-memory', `The GPU has too little memory. ${error.message}`);
  }
  return new GuestFault('refused', error.message);
}
