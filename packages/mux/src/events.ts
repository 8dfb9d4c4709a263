// What a `TCPStreamMultiplexer` tells, and what its counters say. Types only.
import type { Hello } from './codec.js';
import type { MuxError } from './errors.js';
import type { StreamHandler } from './stream-handler.js';

/** What `goaway` says. */
export interface Goaway {
  readonly lastStreamId: number;
  readonly code: number;
  readonly reason: string;
}

/** The events of a `TCPStreamMultiplexer`. */
export interface MuxEvents {
  stream: [stream: StreamHandler];
  hello: [hello: Hello];
  goaway: [goaway: Goaway];
  error: [error: MuxError];
  close: [];
}

/** What `stats` gives. */
export interface MuxStats {
  /** Open now: ours, the peer's, ours that wait for the peer's limit, and those with something to send. */
  readonly streams: { readonly ours: number; readonly peers: number; readonly waiting: number; readonly active: number };
  /** Bytes of the carrier, headers included; bytes that no reader has taken; bytes of answers not yet handed over. */
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly bufferedBytes: number;
  readonly answerBytes: number;
  /** Streams reset by either end, and refused by us; turns that found no credit. */
  readonly resets: number;
  readonly refused: number;
  readonly stalls: number;
  /** `minimal`: the peer knows the two documented messages only. */
  readonly peer: 'unknown' | 'minimal' | 'extended';
}
