// JSON messages over any TCPSocket.
export { MessageHandler } from './message-handler.js';
export { FrameError } from './errors.js';

export type { MessageHandlerEvents } from './events.js';
export type { MessageHandlerOptions } from './options.js';
export type { FrameErrorCode, FrameErrorFacts } from './errors.js';
export type { SchemaIssue, SchemaResult, StandardSchema } from './schema.js';
