// What users are told and what they ask for: transfers, entries, results, and the settings of one call. Types only.
import type { Readable } from 'node:stream';
import type { TCPSocket } from '@verb-tcp/socket';
import type { FileTransferError } from './errors.js';

/** One transfer as its events tell it. */
export interface TransferInfo {
  readonly transferId: string;
  readonly filename: string;
  readonly direction: 'upload' | 'download';
  readonly fileSize: number;
  /** Bytes that are there: written by the receiver, acknowledged to the sender. Those of an earlier try included. */
  readonly bytes: number;
  /** Bytes that were there when this try began. */
  readonly resumedFrom: number;
  readonly mode: 'json' | 'binary';
  readonly socket: TCPSocket;
}

/** How it went. */
export interface CompletedTransfer extends TransferInfo {
  /** Milliseconds of this try. */
  readonly duration: number;
  /** Of the whole in hex, where both ends could. */
  readonly sha256: string | undefined;
}

/**
 * Events of the server. `error` is silent where nobody listens; a transfer that was refused is told as the peer asked for it, with
 * a `filename` that nobody has judged and a `fileSize` of 0 where it is a download.
 */
export interface TCPFileTransferServerEvents {
  start: [transfer: TransferInfo];
  progress: [transfer: TransferInfo];
  complete: [transfer: CompletedTransfer];
  error: [error: FileTransferError, transfer?: TransferInfo, socket?: TCPSocket];
}

/** Events of the client. */
export interface TCPFileTransferClientEvents {
  /** The peer cannot check what was asked for, and the transfer goes on without; or a try failed and another follows. */
  warning: [error: FileTransferError];
}

/** What `authorize` is asked about. */
export interface AuthorizeContext {
  readonly action: 'upload' | 'download' | 'list';
  readonly socket: TCPSocket;
  /** A name that has passed the check; absent for lists. */
  readonly filename: string | undefined;
  readonly fileSize: number | undefined;
  readonly transferId: string | undefined;
}

/** What `quota` is asked about. */
export interface QuotaContext extends AuthorizeContext {
  /**
   * Bytes that other uploads have or may still get, none of which show in the folder: the whole of those under way, and what
   * is kept of those that broke off.
   */
  readonly reservedBytes: number;
}

/** One file of a listing. */
export interface FileEntry {
  readonly name: string;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly mtime: number;
}

/** Where a transfer stands, for `onProgress`. */
export interface TransferProgress {
  readonly bytes: number;
  /** 0 of an empty file: mind the division. */
  readonly totalBytes: number;
  /** Bytes that an earlier try had moved: what is between here and `bytes` was moved by this one. */
  readonly resumedFrom: number;
}

/** What `upload` takes besides the source. */
export interface UploadSettings {
  /** The name at the server; of a path its last part by default. */
  name?: string | undefined;
  /** Bytes of a `Readable`, which has to give exactly so many; of bytes only their own number. */
  size?: number | undefined;
  /** Milliseconds since 1970; of a path its own by default. */
  mtime?: number | undefined;
  /**
   * Who knows it may go on where it broke off, in another process too. At least 22 characters that nobody guesses; random
   * by default.
   */
  transferId?: string | undefined;
  /** Cancels: the part at the server is removed. */
  signal?: AbortSignal | undefined;
  /** Called at the beginning and for each acknowledgement. What it throws ends the transfer with `ERR_FILE_HANDLER_FAILED`. */
  onProgress?: ((progress: TransferProgress) => void) | undefined;
}

/** What `download` takes besides name and destination. */
export interface DownloadSettings {
  /** As in `UploadSettings`. */
  transferId?: string | undefined;
  /** Cancels: the part here is removed. */
  signal?: AbortSignal | undefined;
  /** As in `UploadSettings`, for each block that is written. */
  onProgress?: ((progress: TransferProgress) => void) | undefined;
  /** What becomes of a destination that exists; see the option of the server. `'reject'` by default. */
  onConflict?: 'reject' | 'rename' | 'replace' | undefined;
}

/** What `upload` and `download` give. */
export interface TransferResult {
  readonly transferId: string;
  /** The name it got, at the server or here. */
  readonly filename: string;
  readonly bytes: number;
  readonly resumedFrom: number;
  /** Of the whole in hex; `undefined` where `integrity` or the peer left it out. */
  readonly sha256: string | undefined;
  /** Milliseconds, from the call on. */
  readonly duration: number;
  readonly mode: 'json' | 'binary';
}

/** What can be uploaded: a path, a `file:` URL, bytes, or a stream. Bytes must stay unchanged until it is over. */
export type UploadSource = string | URL | Uint8Array | Readable;
