// What goes over streams when bytes are counted: writes whose bytes tell their number, so that loss, change and mix-up show
// at both ends of each chunk, without looking at every byte.
import type { Chunk, MuxStream } from './mux-peer.js';
import { drained } from './peer.js';

const RING = 64;

/** One for all streams, as one connection has: a ring for each of a hundred is more than any cache holds. */
let ring: Buffer[] = [];

function ringOf(bytes: number): Buffer[] {
  if (ring[0]?.length !== bytes) ring = Array.from({ length: RING }, (_, number) => Buffer.alloc(bytes, number));
  return ring;
}

/** Writes until it may not, so often in a turn of the event loop, and never past a `false`. */
export async function pump(stream: MuxStream, bytes: number, perTurn: number, mayWrite: () => boolean): Promise<void> {
  const chunks = ringOf(bytes);
  for (let sent = 0; ; ) {
    let more = true;
    for (let n = 0; more && n < perTurn; n++) {
      if (!mayWrite()) return;
      more = stream.write(chunks[sent++ % RING] as Buffer);
    }
    await (more ? new Promise((resolve) => setImmediate(resolve)) : drained(stream));
  }
}

/** The other end of one `pump`. @throws Error For bytes that are not those that come next. */
export class PumpCheck {
  readonly #bytes: number;
  #place = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  take(chunk: Chunk): void {
    // `at` is a call into the runtime, which would cost each chunk more than some contenders do.
    const isPlain = chunk instanceof Uint8Array;
    this.#compare(isPlain ? chunk[0] : chunk.at(0), this.#place);
    this.#place += chunk.byteLength;
    this.#compare(isPlain ? chunk[chunk.length - 1] : chunk.at(-1), this.#place - 1);
  }

  #compare(byte: number | undefined, place: number): void {
    const wanted = Math.floor(place / this.#bytes) % RING;
    if (byte !== wanted) throw new Error(`byte ${place} of a stream is ${byte}, and ${wanted} was sent`);
  }
}
