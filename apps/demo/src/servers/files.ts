// The file server: uploads go to a folder, and may be listed and fetched.
import { createServer, ServerProtocol, type TCPServer } from '@verb-tcp/core';
import { TCPFileTransferServer } from '@verb-tcp/file-transfer';
import { isListenError } from '../listen.js';
import type { Log } from '../log.js';
import { printable } from '../printable.js';

const MAX_FILE_SIZE = 1024 ** 4;

export interface FileServer {
  /** Still has to be told `listen(port, host)`. */
  readonly app: TCPServer;
  /** To be closed behind it. */
  readonly transfers: TCPFileTransferServer;
}

export function createFileServer(uploads: string, log: Log = console): FileServer {
  const transfers = new TCPFileTransferServer(uploads, { allowDownload: true, allowList: true, maxFileSize: MAX_FILE_SIZE });
  transfers.on('start', ({ direction, filename, fileSize, resumedFrom }) => {
    log.info(`${direction} of ${printable(filename)}: ${fileSize} bytes${resumedFrom > 0 ? `, from ${resumedFrom} on` : ''}`);
  });
  transfers.on('complete', ({ direction, filename, sha256 = 'not asked for' }) => log.info(`${direction} of ${printable(filename)} complete, sha256 ${sha256}`));
  transfers.on('error', ({ code, message }, transfer) => {
    log.error(`${transfer === undefined ? 'Files' : `${transfer.direction} of ${printable(transfer.filename)}`}: ${code}, ${printable(message)}`);
  });
  const app = createServer(ServerProtocol.TCP).withOptions({
    tcp: {
      onConnection: (socket) => transfers.attach(socket),
      onError: (error) => {
        if (!isListenError(error)) log.error(`File server error: ${error.message}`);
      },
    },
  });
  return { app, transfers };
}
