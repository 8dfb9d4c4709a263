// What a BinaryProtocolHandler tells, by event name.
import type { BinaryMessage } from './frame.js';

/** The events of a `BinaryProtocolHandler`. Those of messages have the whole message. */
export interface BinaryProtocolEvents {
  /** A message of any type. While somebody listens here, or to `data`, `fileTransfer` or `unknown`, iterators get none. */
  message: [message: BinaryMessage];
  /** Type 0x01. It has been answered. */
  heartbeat: [message: BinaryMessage];
  /** Type 0x02, the answer to a heartbeat. */
  pong: [message: BinaryMessage];
  /** Type 0x10. */
  data: [message: BinaryMessage];
  /** Type 0x20. */
  fileTransfer: [message: BinaryMessage];
  /** A message of any other type. */
  unknown: [message: BinaryMessage];
  /**
   * What ended the connection: a `FrameError`, an error of the socket, or what a listener threw. Also, without an end: a
   * message that could not be sent. With no listener it is not thrown.
   */
  error: [error: Error];
  /** `sendBinaryMessage` gave `false` before; go on. */
  drain: [];
  /** The connection is gone. Once, and last; not after `detach`. */
  close: [];
}
