// What a MessageHandler tells, by event name.

/** The events of a `MessageHandler`. */
export interface MessageHandlerEvents<In> {
  /** A message. While somebody listens here, iterators get none. */
  message: [message: In];
  /**
   * What ended the connection: a `FrameError`, an error of the socket, or what a `message` listener threw. Also, without
   * an end: a payload skipped, a message that could not be sent. With no listener it is not thrown.
   */
  error: [error: Error];
  /** `sendMessage` gave `false` before; go on. */
  drain: [];
  /** The connection is gone. Once, and last; not after `detach`. */
  close: [];
}
