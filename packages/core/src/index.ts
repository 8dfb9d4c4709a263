// The door of @verb-tcp/core: a TCP server with limits, deadlines, visible refusals and a drain that ends.
export { connect } from './connect.js';
export { createServer, ServerProtocol } from './server.js';
export { reconnecting } from './reconnecting.js';
export { TCPConnectionRecovery } from './recovery.js';
export { TCPServerManager } from './shutdown.js';
export { TCPError } from './errors.js';

export type { ConnectionErrorLog, ConnectOptions, ReconnectOptions, TCPConnectionRecoveryOptions } from './client-options.js';
export type { Dialled } from './reconnecting.js';
export type { TCPServer, ServerStats } from './server.js';
export type { ManagedServer } from './shutdown.js';
export type { DrainOptions, DrainReport } from './drain.js';
export type { TCPErrorCode } from './errors.js';
export type {
  ConnectionInfo,
  Disconnection,
  ServerOptions,
  TCPHandlers,
  TCPOptions,
  TCPServerManagerOptions,
  TCPSettings,
  Verdict,
} from './options.js';
export type { TCPSocket } from '@verb-tcp/socket';
