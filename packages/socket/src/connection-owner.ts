// What the shell of a framing needs from the handler around it: to be told by events, and to tell by calls.

/** What this shell itself can find wrong. */
export type FramingErrorCode = 'ERR_FRAME_TRUNCATED' | 'ERR_FRAME_TIMEOUT' | 'ERR_FRAME_CLOSED';

/** What is known of it. */
export interface FramingErrorFacts {
  declaredBytes?: number | undefined;
  receivedBytes?: number | undefined;
  cause?: unknown;
}

/** Of an `EventEmitter`, what is used here. */
export interface Emitter {
  emit(event: string, ...values: unknown[]): boolean;
  listenerCount(event: string): number;
  on(event: 'newListener', listener: (event: string | symbol) => void): unknown;
  off(event: 'newListener', listener: (event: string | symbol) => void): unknown;
}

/** The handler around it. What it emits are `error`, `drain`, `close`, by this shell, and its messages, by `deliver`. */
export interface FramedConnectionOwner<In> {
  /** Listeners of this event get messages. */
  isMessageEvent(event: string): boolean;
  /** Somebody listens for messages. */
  hasListener(): boolean;
  /** Emits it. May throw what a listener throws. */
  deliver(message: In): void;
  /** See `ReceiverOwner`; none, where it is left out. */
  isControl?(message: In): boolean;
  /** The socket gave this. Answered by `push` or `fail`. */
  onData(chunk: Uint8Array | string): void;
  /** The peer finished. */
  onEnd?(): void;
  /** The socket is below its mark. */
  onDrain(): void;
  /** Nothing is sent or received any more: settle what waits, with this error where there is one. */
  onRelease(error: Error | undefined): void;
  /** This error inside a known boundary does not end the connection. */
  canSkip?(error: Error): boolean;
  createError(code: FramingErrorCode, text: string, facts: FramingErrorFacts): Error;
}
