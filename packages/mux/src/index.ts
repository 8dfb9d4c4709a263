// Many TCP streams over one TCP socket.
export { isMuxError, MuxError } from './errors.js';
export { native } from './native.js';
export { StreamHandler } from './stream-handler.js';
export { TCPStreamMultiplexer } from './multiplexer.js';
export { WireCode } from './codec.js';

export type { Codec, CodecEvents, CodecLimits, CodecSession, Hello, Role } from './codec.js';
export type { HandleOptions, OpenStreamOptions } from './calls.js';
export type { Extensions, TCPStreamMultiplexerOptions } from './options.js';
export type { Goaway, MuxEvents, MuxStats } from './events.js';
export type { MuxErrorCode, MuxErrorFacts, StreamErrorCode } from './errors.js';
export type { CarrierAddresses } from './stream-handler.js';
export type { StreamTaker } from './stream-queue.js';
