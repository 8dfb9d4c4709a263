// Whose turn it is: a ring of streams that have something to send. Constant time for each call, also for a stream that
// ends in the middle of the ring (who takes turns skips it).
import type { StreamRecord } from './stream-record.js';

export class Turns {
  #ring: (StreamRecord | undefined)[] = Array.from({ length: 16 });
  #head = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Joins at the back; nothing where it is in already. */
  add(stream: StreamRecord): void {
    if (stream.isActive) return;
    stream.isActive = true;
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#count++) & (this.#ring.length - 1)] = stream;
  }

  /** Takes the one in front out. */
  next(): StreamRecord | undefined {
    if (this.#count === 0) return undefined;
    const stream = this.#ring[this.#head] as StreamRecord;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#count--;
    stream.isActive = false;
    return stream;
  }

  #grow(): void {
    const { length } = this.#ring;
    const ring = Array.from<StreamRecord | undefined>({ length: length * 2 });
    for (let at = 0; at < length; at++) ring[at] = this.#ring[(this.#head + at) & (length - 1)];
    this.#ring = ring;
    this.#head = 0;
  }
}
