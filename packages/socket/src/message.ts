// The default message format: `<byte length in decimal>\n<JSON in UTF-8>`, its encoder and its decoder.
export { encodeJson, encodeMessage, frameJson, stringifyMessage } from './message-encoder.js';
export { createMessageDecoder } from './message-decoder.js';
export { decodePayload } from './message-payload.js';
export { MessageError } from './errors.js';
export { looksLike } from './looks-like.js';

export type { MessageEncoder } from './message-encoder.js';
export type { MessageDecoder } from './message-decoder.js';
export type { MessageDecoderOptions } from './options.js';
export type { ForeignProtocol, MessageErrorCode, MessageErrorFacts } from './errors.js';
