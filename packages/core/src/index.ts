// The door of @verb-tcp/core: a TCP server with limits, deadlines, visible refusals and a drain that ends.
export { connect } from './connect.js';
export { activatedSockets } from './systemd.js';
export { createServer, ServerProtocol } from './server.js';
export { reconnecting } from './reconnecting.js';
export { TCPConnectionRecovery } from './recovery.js';
export { TCPServerManager } from './shutdown.js';
export { isTCPError, TCPError } from './errors.js';

export type { ConnectionErrorLog, ConnectOptions, ReconnectOptions, TCPConnectionRecoveryOptions } from './client-options.js';
export type { Dialled } from './reconnecting.js';
export type { ServerAddress, ServerStats, TCPServer } from './tcp-server.js';
export type { ActivatedSocket } from './systemd.js';
export type { ConnectionInfo, ProxyInfo, ProxyTLV, TLSInfo } from './connection-info.js';
export type { Disconnection, TCPHandlers, Verdict } from './tcp-handlers.js';
export type { ManagedServer } from './shutdown.js';
export type { DrainOptions, DrainReport } from './drain.js';
export type { TCPErrorCode } from './errors.js';
export type {
  ProxyProtocol,
  ServerOptions,
  TCPOptions,
  TCPServerManagerOptions,
  TCPSettings,
} from './options.js';
export type { TCPSocket } from '@verb-tcp/socket';
