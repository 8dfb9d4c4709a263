// Messages out: checked, framed, to the socket, those of one turn in one system call. Short payloads are copied behind their
// header into a slab; long ones go by reference, behind a header of their own.
import type { TCPSocket } from '@verb-tcp/socket';
import { Outbox, Waiter } from '@verb-tcp/socket/framing';
import { headerError } from './decoder.js';
import { checkFrame, HEADER_BYTES, writeHeader } from './frame.js';
import type { ResolvedDecoderOptions } from './options.js';

/** Frames are written one behind the other into a slab that all connections share; what has left lets go of it. */
const SLAB_BYTES = 64 * 1024;
/** A longer frame would leave too much of a slab unused. */
const MAX_SLAB_FRAME_BYTES = 8 * 1024;

let slab = Buffer.alloc(0);
let slabUsed = 0;

export class Sender {
  readonly #outbox: Outbox;
  readonly #options: ResolvedDecoderOptions;

  constructor(socket: TCPSocket, options: ResolvedDecoderOptions) {
    this.#outbox = new Outbox(socket);
    this.#options = options;
  }

  /** A message sent now would be written. */
  get isOpen(): boolean {
    return this.#outbox.isOpen;
  }

  /** @throws {FrameError} What the options have against it. @throws RangeError, TypeError Nothing was written. */
  check(type: number, payload: Uint8Array, flags: number): void {
    checkFrame(type, payload, flags);
    const error = headerError(type, payload.byteLength, flags, this.#options);
    if (error === undefined) return;
    error.message += ' and was not sent';
    throw error;
  }

  /** Sends a message that was checked. False: wait for `'drain'`. */
  send(type: number, payload: Uint8Array, flags: number): boolean {
    if (this.#copies(payload)) return this.#outbox.write(frameInSlab(type, payload, flags));
    this.#outbox.write(frameInSlab(type, undefined, flags, payload.byteLength));
    return this.#outbox.write(payload);
  }

  /** Sends a message that was checked; settles when the socket can take more, or the payload is not needed any longer. */
  sendAndWait(type: number, payload: Uint8Array, flags: number): Promise<void> {
    const waiter = new Waiter();
    if (this.#copies(payload)) {
      this.#outbox.writeFor(frameInSlab(type, payload, flags), waiter);
    } else {
      this.#outbox.write(frameInSlab(type, undefined, flags, payload.byteLength));
      this.#outbox.writeByReference(payload, waiter);
    }
    return waiter.promise;
  }

  /** The socket is below its mark. */
  drained(): void {
    this.#outbox.drained();
  }

  /** Nothing more leaves. */
  close(error: Error | undefined): void {
    this.#outbox.close(error);
  }

  #copies({ byteLength }: Uint8Array): boolean {
    return byteLength === 0 || byteLength < this.#options.copyBelowBytes;
  }
}

/** A frame, or its header alone where the payload follows by itself. A view that nobody writes to again. */
function frameInSlab(type: number, payload: Uint8Array | undefined, flags: number, length = payload?.byteLength ?? 0): Buffer {
  const size = HEADER_BYTES + (payload?.byteLength ?? 0);
  let bytes = slab;
  let at = slabUsed;
  if (size > MAX_SLAB_FRAME_BYTES) {
    bytes = Buffer.allocUnsafeSlow(size);
    at = 0;
  } else {
    if (slab.length - slabUsed < size) {
      bytes = slab = Buffer.allocUnsafeSlow(SLAB_BYTES);
      at = 0;
    }
    slabUsed = at + size;
  }
  writeHeader(bytes, at, type, length, flags);
  if (payload !== undefined) bytes.set(payload, at + HEADER_BYTES);
  return bytes.subarray(at, at + size);
}
