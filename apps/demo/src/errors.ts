// Everything that can keep a program of the demo from running, said in one line to the person who started it.

/**
 * - `ERR_DEMO_ARGUMENT`: a flag or an environment variable makes no sense. Nothing was started.
 * - `ERR_DEMO_LISTEN`: a server could not take its port. The servers that had started are closed again.
 * - `ERR_DEMO_AWAY`: no server answers where the client was told to look.
 * - `ERR_DEMO_NOT_CHAT`: something answers there, but it is not the chat server.
 * - `ERR_DEMO_NOT_MUX`: something answers there, but it is not the mux gateway, or it went away in the middle.
 */
export type DemoErrorCode =
  | 'ERR_DEMO_ARGUMENT'
  | 'ERR_DEMO_LISTEN'
  | 'ERR_DEMO_AWAY'
  | 'ERR_DEMO_NOT_CHAT'
  | 'ERR_DEMO_NOT_MUX';

/** The error of the demo. Its message is for the person at the terminal: what is wrong, and what to do. */
export class DemoError extends Error {
  override readonly name = 'DemoError';
  readonly code: DemoErrorCode;

  constructor(code: DemoErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** 2 for a mistake on the command line, as shells do; 1 for everything else. */
  get exitCode(): number {
    return this.code === 'ERR_DEMO_ARGUMENT' ? 2 : 1;
  }
}
