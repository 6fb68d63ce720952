/** A program of the suite as it is sent into the page. */
export interface GivenProgram {
  /** Base64, like the bytes of the files. */
  readonly module: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly files: readonly { readonly path: string; readonly base64: string }[];
  readonly directories: readonly string[];
  readonly preopens: readonly string[];
  readonly isTraced: boolean;
}

/** How a program's run ended. */
export interface RunEnd {
  /** Its exit code; a text when it ended in another way. */
  readonly exit: number | string;
  readonly stdout: string;
  /** Its calls, if they were asked for. */
  readonly calls: readonly string[];
}
