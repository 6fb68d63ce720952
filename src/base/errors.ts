/** A KilnError as plain data: what crosses a worker boundary or the wire. */
export interface ErrorData {
  readonly code: string;
  readonly message: string;
  /** What the reader can do about it, one sentence. */
  readonly hint?: string;
  /** The values the message talks about; plain data only. */
  readonly data?: Readonly<Record<string, string | number | boolean>>;
}

/** Options of a {@link KilnError}. */
export interface KilnErrorOptions {
  readonly hint?: string;
  readonly data?: Readonly<Record<string, string | number | boolean>>;
  readonly cause?: unknown;
}

/**
 * The one error of the house. Compare `code`s (`room/what-happened`), never classes or messages.
 *
 * @example
 * throw new KilnError('blob/digest-mismatch', 'The blob does not match its CID.', {
 *   data: { cid }, hint: 'Fetch it from another holder.',
 * });
 */
export class KilnError extends Error {
  override readonly name = 'KilnError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, string | number | boolean>>;

  constructor(code: string, message: string, options: KilnErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.data = options.data ?? {};
  }

  /** Plain data for `postMessage` or the wire. */
  toJSON(): ErrorData {
    return {
      code: this.code,
      message: this.message,
      data: this.data,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
    };
  }

  /** The error back from plain data. */
  static fromJSON(data: ErrorData): KilnError {
    return new KilnError(data.code, data.message, {
      data: data.data ?? {},
      ...(data.hint === undefined ? {} : { hint: data.hint }),
    });
  }
}

/** Whatever was thrown, as a KilnError; `code` names it when it is not one already. */
export function toKilnError(thrown: unknown, code = 'base/unexpected'): KilnError {
  if (thrown instanceof KilnError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError') return aborted(thrown);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new KilnError(code, message, { cause: thrown });
}

/** The error of a call that its caller stopped. */
export function aborted(cause?: unknown): KilnError {
  return new KilnError('base/aborted', 'Stopped before it finished.', { cause });
}

/** Does this thrown value carry the given code? */
export function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof KilnError && thrown.code === code;
}
