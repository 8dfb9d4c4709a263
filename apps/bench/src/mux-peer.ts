// What a contender for carrying streams over a connection must be able to do. A stream is what all of them have in common
// of a Node stream; each contender is used the way its own documentation shows.
import type { Socket } from 'node:net';

/** The part of a `Duplex` that is used here. */
export interface MuxStream {
  /** `false`: enough for now, go on after `'drain'`. */
  write(bytes: Buffer): boolean;
  end(): unknown;
  /** At once and without an end that the other side would take for one. */
  destroy(): unknown;
  on(event: 'data', listener: (bytes: Chunk) => void): unknown;
  on(event: 'end' | 'drain' | 'close', listener: () => void): unknown;
  once(event: 'end' | 'drain' | 'close', listener: () => void): unknown;
  off(event: 'end' | 'drain' | 'close', listener: () => void): unknown;
}

/** What came in: a `Buffer`, or a list of pieces that its owner never puts together. */
export interface Chunk {
  readonly byteLength: number;
  /** The byte at this place, counted from the end where negative. */
  at(index: number): number | undefined;
  subarray(): Uint8Array;
}

/** The side that opens streams. */
export interface MuxClient {
  open(): MuxStream | Promise<MuxStream>;
  /** Opens a stream that carries nothing, and settles when both sides have ended it. */
  visit(): Promise<void>;
}

export interface MuxPeer {
  /** As the table shows it. */
  settings: string;
  /** The npm name, where it is not of this repository. */
  package?: string;
  /** Every stream is a connection of its own: there is nothing that carries several. */
  isUnshared?: boolean;
  /** `dial` gives a new connection each time. */
  connect(dial: () => Promise<Socket>): Promise<MuxClient>;
  /** Takes over an accepted connection and hands over what the other side opens. */
  accept(socket: Socket, onStream: (stream: MuxStream) => void): void;
  /** Writes these bytes, if any, and ends a stream that the other side has opened. */
  reply: (stream: MuxStream, bytes?: Buffer) => void;
}

/** Settles when nothing can follow on this stream any more; whoever needs what comes in must read it. */
export function closed(stream: Pick<MuxStream, 'once'>): Promise<void> {
  return new Promise((resolve) => void stream.once('close', resolve));
}

/** The end of a measurement cuts connections; one that is cut too soon is missed by the side that counts. */
export function ignoreErrors(emitter: { on(event: 'error', listener: () => void): unknown }): void {
  emitter.on('error', () => {});
}
