// Typed binary messages over any TCPSocket.
export { BinaryProtocolHandler } from './protocol-handler.js';
export { createDecoder } from './decoder.js';
export { encodeFrame } from './frame.js';
export { FrameError } from './errors.js';

export type { BinaryProtocolEvents } from './events.js';
export type { BinaryMessage } from './frame.js';
export type { Decoder } from './decoder.js';
export type { BinaryProtocolOptions, DecoderOptions } from './options.js';
export type { FrameErrorCode, FrameErrorFacts } from './errors.js';
