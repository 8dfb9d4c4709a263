// Work buffers of one size that are used again. Each loan is a Buffer object of its own over memory that is kept, so that a
// second return is known from the loan of the next user. It reads a socket only where `configureSocket` was asked to.
import type { TCPSocket } from '@verb-tcp/socket';
import { PoolError } from './errors.js';
import {
  resolveOptimizedBufferManagerOptions,
  type OptimizedBufferManagerOptions,
  type ResolvedOptimizedBufferManagerOptions,
} from './options.js';

const KEEP_ALIVE_DELAY = 60_000;

/**
 * Lends buffers and takes them back, cleared both times.
 *
 * @example
 * const buffers = new OptimizedBufferManager();
 * const buffer = buffers.getBuffer();
 * socket.write(buffer, () => buffers.returnBuffer(buffer)); // not before: write does not copy
 */
export class OptimizedBufferManager {
  readonly #options: ResolvedOptimizedBufferManagerOptions;
  readonly #maxFree: number;
  readonly #free: ArrayBuffer[] = [];
  /** Every buffer that was lent and is not garbage yet; whether it is still lent. */
  readonly #loans = new WeakMap<Buffer, boolean>();

  /** @throws RangeError for an option out of range. */
  constructor(options: OptimizedBufferManagerOptions = {}) {
    this.#options = resolveOptimizedBufferManagerOptions(options);
    this.#maxFree = Math.floor(this.#options.maxFreeBytes / this.#options.bufferSize);
  }

  /** Bytes that wait for the next users: at most `maxFreeBytes`. */
  get freeBytes(): number {
    return this.#free.length * this.#options.bufferSize;
  }

  /** A buffer of `bufferSize` bytes, yours until you return it; all zero, unless `zero` is `false`. */
  getBuffer(): Buffer {
    const { bufferSize, zero } = this.#options;
    const memory = this.#free.pop();
    const buffer = memory === undefined ? freshBuffer(bufferSize, zero) : Buffer.from(memory);
    // Its last user may have written to it too late.
    if (memory !== undefined && zero) buffer.fill(0);
    this.#loans.set(buffer, true);
    return buffer;
  }

  /**
   * Takes a buffer back. It must not be used any more, by a pending write neither.
   *
   * @throws {PoolError} `ERR_POOL_BUFFER_DOUBLE_RETURN`; `ERR_POOL_BUFFER_FOREIGN`, also for a part of one.
   */
  returnBuffer(buffer: Buffer): void {
    const isLent = this.#loans.get(buffer);
    if (isLent === undefined) throw new PoolError('ERR_POOL_BUFFER_FOREIGN', 'This buffer did not come from getBuffer of this manager');
    if (!isLent) throw new PoolError('ERR_POOL_BUFFER_DOUBLE_RETURN', 'This buffer was returned before');
    this.#loans.set(buffer, false);
    // Memory that its user has moved to another thread is gone.
    if (buffer.byteLength === 0) return;
    if (this.#options.zero) buffer.fill(0);
    if (this.#free.length < this.#maxFree) this.#free.push(buffer.buffer as ArrayBuffer);
  }

  /**
   * Sets a socket up and reads it: no Nagle delay, keep-alive after 60 s, every `'data'` to `processData` with a work
   * buffer that is returned when the socket closes. Data longer than the buffer comes in several pieces.
   */
  configureSocket(socket: TCPSocket): void {
    if (socket.destroyed) return;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_DELAY);
    const workBuffer = this.getBuffer();
    const onData = (data: Buffer | string): void => this.#process(socket, data, workBuffer);
    const onError = (): void => {};
    const onClose = (): void => {
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
      // An override may have returned it.
      if (this.#loans.get(workBuffer) === true) this.returnBuffer(workBuffer);
    };
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.on('data', onData);
  }

  /**
   * What is done with data: override it. This one copies it to the beginning of the work buffer, so much as fits.
   *
   * @param data Bytes from the peer; yours.
   * @param workBuffer The socket's own: what an earlier call left is still there. Not to be used after the call.
   * @returns The number of bytes copied.
   */
  processData(data: Buffer, workBuffer: Buffer): number {
    return data.copy(workBuffer, 0, 0, Math.min(data.length, workBuffer.length));
  }

  /** What `processData` throws ends this connection, not the process. */
  #process(socket: TCPSocket, data: Buffer | string, workBuffer: Buffer): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    try {
      for (let at = 0; at < bytes.length && !socket.destroyed; at += workBuffer.length) {
        this.processData(bytes.subarray(at, at + workBuffer.length), workBuffer);
      }
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

/** Memory of its own: a part of Node's shared slab would show its neighbours. */
function freshBuffer(bytes: number, zero: boolean): Buffer {
  return zero ? Buffer.from(new ArrayBuffer(bytes)) : Buffer.allocUnsafeSlow(bytes);
}
