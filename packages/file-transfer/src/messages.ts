// Every message of the protocol as this side writes it: which keys, and in which order. Documented keys come first, so that
// a peer that knows only those sees the documented bytes. Pure: objects out, for JSON.stringify.
import type { FileTransferError } from './errors.js';
import type { FileEntry } from './events.js';
import type { Message } from './link.js';

/** What both ends can do beyond the documented messages. */
export type Cap = 'resume' | 'sha256' | 'crc32' | 'binary';

export const CAPS: readonly Cap[] = ['resume', 'sha256', 'crc32', 'binary'];

/** The last bytes before the place where a transfer goes on. */
export interface Tail {
  readonly offset: number;
  readonly length: number;
  readonly crc32: number;
}

/** `file_start`, checked. */
export interface StartMessage {
  readonly transferId: string;
  readonly filename: string;
  readonly fileSize: number;
  readonly chunkSize: number;
  /** `undefined`: a peer that knows only the documented messages. */
  readonly caps: readonly Cap[] | undefined;
  readonly mtime?: number | undefined;
  readonly etag?: string | undefined;
  /** The sender has sent all of it before, and this is its hash. */
  readonly sha256?: string | undefined;
}

/** `file_start_ack`, checked. */
export interface StartAck {
  readonly transferId: string;
  readonly status: 'ready' | 'resume';
  readonly caps?: readonly Cap[] | undefined;
  readonly nextChunk?: number | undefined;
  readonly receivedBytes?: number | undefined;
  readonly chunkSize?: number | undefined;
  readonly window?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly tail?: Tail | undefined;
  /** What the transfer is called in binary frames. */
  readonly handle?: number | undefined;
}

/** `file_get`, checked. */
export interface GetMessage {
  readonly transferId: string;
  readonly filename: string;
  readonly offset: number;
  readonly etag?: string | undefined;
  readonly chunkSize?: number | undefined;
  readonly caps?: readonly Cap[] | undefined;
}

/** `file_complete`, checked. */
export interface CompleteMessage {
  readonly transferId: string;
  readonly filename: string;
  readonly receivedBytes: number;
  readonly duration: number;
  readonly sha256?: string | undefined;
}

export type { Message };

export function startMessage(start: StartMessage): Message {
  const { transferId, filename, fileSize, chunkSize, caps, mtime, etag, sha256 } = start;
  return { type: 'file_start', transferId, filename, fileSize, chunkSize, caps, mtime, etag, sha256 };
}

export function startAckMessage(ack: StartAck): Message {
  const { transferId, status, caps, nextChunk, receivedBytes, chunkSize, window, expiresAt, tail, handle } = ack;
  return { type: 'file_start_ack', transferId, status, caps, nextChunk, receivedBytes, chunkSize, window, expiresAt, tail, handle };
}

export function chunkAckMessage(transferId: string, chunkIndex: number, receivedBytes: number): Message {
  return { type: 'file_chunk_ack', transferId, chunkIndex, receivedBytes };
}

export function progressMessage(transferId: string, receivedBytes: number, totalBytes: number): Message {
  const progress = (receivedBytes / totalBytes) * 100;
  return { type: 'file_progress', transferId, progress, receivedBytes, totalBytes };
}

export function endMessage(transferId: string, sha256: string | undefined): Message {
  return { type: 'file_end', transferId, sha256 };
}

/** @param duration Milliseconds, at least 1: documented peers divide by it. */
export function completeMessage({ transferId, filename, receivedBytes, duration, sha256 }: CompleteMessage): Message {
  const avgSpeed = receivedBytes / (duration / 1000);
  return { type: 'file_complete', transferId, filename, receivedBytes, duration, avgSpeed, sha256 };
}

/** `message` of an unknown transfer is documented to the letter. */
export function errorMessage(error: FileTransferError): Message {
  const { message, wireCode: code = 'io_error', transferId, retryable, expectedChunk, reason } = error;
  return { type: 'error', message, code, transferId, retryable, expectedChunk, reason };
}

export function cancelMessage(transferId: string): Message {
  return { type: 'file_cancel', transferId };
}

export function cancelledMessage(transferId: string): Message {
  return { type: 'file_cancelled', transferId };
}

export function getMessage({ transferId, filename, offset, etag, chunkSize, caps }: GetMessage): Message {
  return { type: 'file_get', transferId, filename, offset, etag, chunkSize, caps };
}

export function listMessage(requestId: string, cursor: string | undefined, limit: number | undefined): Message {
  return { type: 'file_list', requestId, cursor, limit };
}

/** @param cursor What to ask with for the next ones; absent at the end. */
export function listResultMessage(requestId: string, files: readonly FileEntry[], cursor: string | undefined): Message {
  return { type: 'file_list_result', requestId, files: files.map(({ name, size, mtime }) => ({ name, size, mtime })), cursor };
}

/** Those of `offered` that are also in `own`, in the order of this protocol. */
export function commonCaps(offered: readonly string[], own: readonly Cap[]): Cap[] {
  return CAPS.filter((cap) => offered.includes(cap) && own.includes(cap));
}
