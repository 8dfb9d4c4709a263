// What this package publishes on `node:diagnostics_channel`, for tracing and metrics of a whole process. Nothing is made
// where nobody subscribed.
import { channel, type Channel } from 'node:diagnostics_channel';

/** `{ socket, info }`: a connection, just before `onConnection`. */
export const connectionChannel: Channel = channel('verb-tcp:connection');
/** `{ info, reason, verdict, error }`: a refusal; `reason` is a code, and `error` absent where nothing failed. */
export const refuseChannel: Channel = channel('verb-tcp:refuse');
/** `{ info, end }`: the end of a connection, as `onDisconnect` is told. */
export const closeChannel: Channel = channel('verb-tcp:close');
/** `{ report }`: a drain has ended. */
export const shutdownChannel: Channel = channel('verb-tcp:shutdown');
