// What every framing needs around its format: messages in with back-pressure, frames out, deadlines, and one shell.
export { Deadline } from './deadline.js';
export { FramedConnection } from './framed-connection.js';
export { Outbox, Waiter } from './outbox.js';
export { WaitingInbox } from './waiting-inbox.js';

export type { Emitter, FramedConnectionOwner, FramingErrorCode, FramingErrorFacts } from './connection-owner.js';
export type { FramedConnectionOptions } from './framed-connection.js';
export type { Inbox, Open, Opened } from './receiver.js';
export type { WaitingInboxDecoder } from './waiting-inbox.js';
