// The seam between the engine and a wire. A codec turns bytes into events and calls into bytes; it keeps no stream, no
// credit and no timer. The engine knows no wire: it asks what the codec declares.
import type { MuxErrorCode } from './errors.js';

/** The numbers of resets and go-aways, as in HTTP/2; from 256 on the application's. */
export const WireCode = {
  none: 0,
  protocol: 1,
  internal: 2,
  flowControl: 3,
  closed: 5,
  frameSize: 6,
  refused: 7,
  cancel: 8,
  calm: 11,
} as const;

/** Whose ids are ours. */
export type Role = 'client' | 'server';

/** What one end says of itself, once. */
export interface Hello {
  readonly caps: readonly string[];
  /** Bytes that the sender of the hello takes for each stream before it has granted anything. */
  readonly initialWindow: number;
  /** Streams that the sender of the hello accepts at a time. */
  readonly maxStreams: number;
}

/** What comes out of a decoder. The engine implements it; nothing in it throws. */
export interface CodecEvents {
  /** A header of a data frame, before its payload: the place for checks. */
  dataHeader(id: number, length: number): void;
  /** Payload of the last header, as it arrives; the engine owns the view. */
  dataSlice(id: number, slice: Buffer): void;
  open(id: number, type: string, metadata: unknown): void;
  ack(id: number): void;
  fin(id: number): void;
  reset(id: number, code: number, reason: string): void;
  /** An absolute offset, or what is added to it: see `grants`. */
  grant(id: number, credit: number): void;
  ping(id: number): void;
  pong(id: number): void;
  goaway(lastStreamId: number, code: number, reason: string): void;
  hello(hello: Hello): void;
  helloAck(): void;
  /** A well-formed message of a kind that nobody knows. */
  unknown(): void;
  /** Bad bytes: the session is over. */
  fail(code: MuxErrorCode, message: string): void;
}

/** The limits of one decoder. */
export interface CodecLimits {
  readonly maxControlBytes: number;
  readonly maxMetadataBytes: number;
}

/** One connection's codec, with the state that a wire needs. */
export interface CodecSession {
  /** Takes bytes as they come, in any cut. */
  decode(chunk: Buffer): void;
  /** No event any more, not even from the rest of the chunk. */
  stop(): void;
  /** Writes the header of a data frame, `headerBytes` long, and gives the offset behind it. */
  writeHeader(target: Buffer, offset: number, id: number, length: number): number;
  /** @throws TypeError for metadata that is no JSON. @throws RangeError where it is over the limit. */
  open(id: number, type: string, metadata: unknown, windowBytes: number): Buffer;
  ack(id: number, windowBytes: number): Buffer;
  fin(id: number): Buffer;
  reset(id: number, code: number, reason: string): Buffer;
  /** `grants` holds id, offset and delta by turns. */
  grant(grants: readonly number[]): Buffer[];
  ping(id: number): Buffer;
  pong(id: number): Buffer;
  goaway(lastStreamId: number, code: number, reason: string): Buffer;
  hello(hello: Hello): Buffer;
  helloAck(): Buffer;
}

/** A wire, and what it can carry. Give one to `TCPStreamMultiplexer` as `codec`. */
export interface Codec {
  readonly name: string;
  /** The length of a data frame's header. */
  readonly headerBytes: number;
  /** Opens carry a type and metadata. */
  readonly metadata: boolean;
  /** Resets carry a number. */
  readonly resetCode: boolean;
  /** Go-aways tell which streams are still served. */
  readonly lastStreamId: boolean;
  /** Ends agree on extensions by `hello`; without, all are spoken from the first byte. */
  readonly negotiation: boolean;
  /** How credit is told: the offset up to which the peer may send, or what is added to it. */
  readonly grants: 'offset' | 'delta';
  /** The first id of each role, and the last: steps are two. */
  readonly ids: { readonly client: number; readonly server: number; readonly lastClient: number; readonly lastServer: number };
  createSession(events: CodecEvents, limits: CodecLimits): CodecSession;
}
