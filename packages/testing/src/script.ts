// A peer that follows a script, for code that takes a `TCPSocket`: what the code is to read, what it must write, when
// the peer ends or resets. A step that fails ends the script with a transcript; a deadline of its own ends it in any case.
import { resolveScriptOptions, type ScriptOptions } from './fault-options.js';
import { checkInteger } from './options.js';
import type { PairSocket } from './pair-socket.js';
import { ScriptRun, type ScriptStep } from './script-run.js';
import { socketPair } from './socket-pair.js';

/** A socket whose peer follows a script. */
export interface ScriptedSocket extends PairSocket {
  /**
   * Settles when every step is done.
   *
   * @throws {TestingError} `ERR_TESTING_SCRIPT_FAILED` as soon as one failed, or time is over (the promise rejects).
   */
  done(): Promise<void>;
  /**
   * Destroys the socket.
   *
   * @throws {TestingError} `ERR_TESTING_SCRIPT_FAILED` where a step failed or is left, or bytes were written that no step
   * expected (the promise rejects).
   */
  [Symbol.asyncDispose](): Promise<void>;
}

/** The steps, in order; each method adds one. Bytes are copied, strings are UTF-8. */
export class ScriptBuilder {
  readonly #steps: ScriptStep[] = [];

  /** The code gets these bytes to read, as one chunk up to 64 KiB. */
  read(bytes: Uint8Array | string): this {
    return this.#add({ type: 'read', bytes: Buffer.from(bytes as Uint8Array) });
  }

  /** The code must write exactly these bytes next, in however many writes. Fails at the first byte that differs. */
  expectWrite(bytes: Uint8Array | string): this {
    return this.#add({ type: 'expectWrite', bytes: Buffer.from(bytes as Uint8Array) });
  }

  /** The code must end its direction next, by `end` or `destroy`. */
  expectEnd(): this {
    return this.#add({ type: 'expectEnd' });
  }

  /** Nothing happens for so many milliseconds, by a fake clock where there is one. @throws RangeError */
  wait(milliseconds: number): this {
    checkInteger('milliseconds', milliseconds, 0, 2 ** 31 - 1);
    return this.#add({ type: 'wait', milliseconds });
  }

  /** The peer ends its direction. The code may go on writing. */
  fin(): this {
    return this.#add({ type: 'fin' });
  }

  /** The peer resets the connection, when what was to be read has been delivered. */
  reset(): this {
    return this.#add({ type: 'reset' });
  }

  /**
   * The socket for the code under test. The script begins at once, and the builder may build another one.
   *
   * @throws RangeError for an option out of range.
   */
  build(options: ScriptOptions = {}): ScriptedSocket {
    const { timeout, allowHalfOpen } = resolveScriptOptions(options);
    const [socket, peer] = socketPair({ allowHalfOpen });
    peer.allowHalfOpen = true;
    const run = new ScriptRun([...this.#steps], socket, peer, timeout);
    return Object.assign(socket, {
      done: () => run.done(),
      [Symbol.asyncDispose]: () => run.dispose(),
    });
  }

  #add(step: ScriptStep): this {
    this.#steps.push(step);
    return this;
  }
}

/**
 * Begins a script.
 *
 * @example
 * await using socket = script().read('ping\n').expectWrite('pong\n').fin().build();
 * answerPings(socket);
 * await socket.done();
 */
export function script(): ScriptBuilder {
  return new ScriptBuilder();
}
