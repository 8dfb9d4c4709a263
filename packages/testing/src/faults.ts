// The faults as data: what each is called, takes and does. Plain objects, so that they can be printed, generated and kept
// in a table; `impair` and `faultProxy` act on them. Types only.

/** Which way bytes go: `'up'` from the client to the server, `'down'` back. */
export type FaultDirection = 'up' | 'down';
/** How a connection ends: a clean end, or a reset. */
export type FaultEnd = 'fin' | 'reset';

/** What every fault may say. */
export interface FaultScope {
  /**
   * Which way it acts.
   * @defaultValue 'both'
   */
  direction?: FaultDirection | 'both' | undefined;
  /**
   * The share of connections that it hits, from 0 to 1. Drawn once for each connection, from the seed.
   * @defaultValue 1
   */
  probability?: number | undefined;
}

/** Everything arrives later, in order. */
export interface LatencyFault extends FaultScope {
  type: 'latency';
  /** Milliseconds from the arrival of a chunk, or of the end, to its departure. */
  delay: number;
  /** Up to this many milliseconds more or less, drawn for each chunk. @defaultValue 0 */
  jitter?: number | undefined;
}

/** Bytes leave at this pace, in slices of a tenth of a second. */
export interface BandwidthFault extends FaultScope {
  type: 'bandwidth';
  /** From 1 to 2^31 - 1. */
  bytesPerSecond: number;
}

/** The bytes pass; the end comes later. */
export interface SlowCloseFault extends FaultScope {
  type: 'slowClose';
  /** Milliseconds. */
  delay: number;
}

/** Bytes and end vanish. Once it has swallowed something, removing it resets the connection: a hole is no byte stream. */
export interface BlackholeFault extends FaultScope {
  type: 'blackhole';
  /** Milliseconds until the direction ends; 0 is never. @defaultValue 0 */
  timeout?: number | undefined;
  /** How. @defaultValue 'fin' */
  end?: FaultEnd | undefined;
}

/** Both sides get a reset, whatever the direction. What is under way is lost. */
export interface ResetFault extends FaultScope {
  type: 'reset';
  /** Milliseconds after the connection began, or after the fault came to it. @defaultValue 0 */
  after?: number | undefined;
}

/** Bytes leave in small pieces. The places of the cuts follow from the seed alone, not from how the bytes came in. */
export interface SlicerFault extends FaultScope {
  type: 'slicer';
  /** Bytes of a piece. From 1 to 2^30. */
  averageBytes: number;
  /** A piece is up to this many bytes longer or shorter; less than `averageBytes`. @defaultValue 0 */
  variationBytes?: number | undefined;
  /** Milliseconds from one piece to the next. @defaultValue 0 */
  delay?: number | undefined;
}

/** So many bytes pass, then the direction ends. What comes after that is read and dropped. */
export interface LimitBytesFault extends FaultScope {
  type: 'limitBytes';
  /** From 0, which ends it at once. */
  bytes: number;
  /** Up to so many more or less, drawn once for each connection and direction. At most `bytes`, and 2^30. @defaultValue 0 */
  variationBytes?: number | undefined;
  /**
   * A reset goes to both sides, 50 ms after the bytes have left where they go over a real socket. It drops what a kernel
   * has not sent by then: where the receiver does not keep up, some of the bytes are lost with it.
   * @defaultValue 'fin'
   */
  end?: FaultEnd | undefined;
}

/** After this time the direction ends. What comes after that is read and dropped. */
export interface LimitTimeFault extends FaultScope {
  type: 'limitTime';
  /** Milliseconds after the connection began, or after the fault came to it. */
  duration: number;
  /** A reset goes to both sides. @defaultValue 'fin' */
  end?: FaultEnd | undefined;
}

/** Nothing is read: the sender's buffers fill, and it has to wait. Nothing is lost. */
export interface StallReadsFault extends FaultScope {
  type: 'stallReads';
  /** Milliseconds; 0 is until the fault is removed. @defaultValue 0 */
  duration?: number | undefined;
}

/** One bit is wrong now and then. The places follow from the seed alone. */
export interface FlipBitsFault extends FaultScope {
  type: 'flipBits';
  /** From one flipped bit to the next, on average. From 1 to 2^30. */
  averageBytes: number;
}

/** What goes wrong. Switch on `type`. */
export type Fault =
  | LatencyFault
  | BandwidthFault
  | SlowCloseFault
  | BlackholeFault
  | ResetFault
  | SlicerFault
  | LimitBytesFault
  | LimitTimeFault
  | StallReadsFault
  | FlipBitsFault;

type Complete<F> = F extends Fault ? { readonly [K in keyof F]-?: Exclude<F[K], undefined> } : never;
/** A checked fault with every default filled in. */
export type ResolvedFault = Complete<Fault>;
