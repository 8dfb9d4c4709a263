// Files over TCPSockets.
export { TCPFileTransferClient } from './client.js';
export { TCPFileTransferServer } from './server.js';
export { FileTransferError } from './errors.js';
export { findBadFilename } from './file-name.js';

export type { BadFilenameReason, FileTransferErrorCode, FileTransferErrorFacts, FileWireWord } from './errors.js';
export type {
  AuthorizeContext,
  CompletedTransfer,
  DownloadSettings,
  FileEntry,
  QuotaContext,
  TCPFileTransferClientEvents,
  TCPFileTransferServerEvents,
  TransferInfo,
  TransferProgress,
  TransferResult,
  UploadSettings,
  UploadSource,
} from './events.js';
export type { TCPSocket } from '@verb-tcp/socket';
export type { MessageEncoder } from '@verb-tcp/socket/message';
export type { Connection } from './client-connection.js';
export type { FileFacts, FileSystem, OpenFile } from './file-system.js';
export type { TCPFileTransferClientOptions } from './client-options.js';
export type { TCPFileTransferServerOptions } from './options.js';
