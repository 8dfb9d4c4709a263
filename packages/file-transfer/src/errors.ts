// What can go wrong with a transfer, on the wire and here. One class; switch on `code`. On the wire a code is the same
// word in snake case: `bad_filename` is `ERR_FILE_BAD_FILENAME`.

/** Why a name was refused. */
export type BadFilenameReason =
  | 'empty'
  | 'traversal'
  | 'separator'
  | 'absolute'
  | 'drive'
  | 'stream'
  | 'control'
  | 'trailing'
  | 'reserved'
  | 'dotfile'
  | 'too_long';

/**
 * The code of an `error` message. The connection stays unless the line says otherwise:
 * - `bad_message`: no message of this protocol. After 16 of them the connection is ended.
 * - `unknown_transfer`: no transfer of this connection has that id. Nothing changed.
 * - `bad_transfer_id`, `duplicate_transfer`, `bad_filename`, `bad_file_size`, `file_too_large`, `bad_chunk_size`,
 *   `too_many_transfers`, `quota_exceeded`, `not_allowed`, `resume_mismatch`, `expired`, `not_found`: it did not begin.
 * - `file_exists`: the name is taken, seen at the start or when publishing. The other file is untouched.
 * - `chunk_out_of_order`, `crc_mismatch`, `incomplete`: the transfer goes on at `expectedChunk`.
 * - `bad_chunk`, `too_much_pending`: the transfer is over, its part is gone.
 * - `checksum_mismatch`: the whole is not what was sent; its part is gone.
 * - `disk_full`, `io_error`, `stalled`, `superseded`, `shutting_down`: the transfer is over, what arrived can be resumed.
 * - `changed`: the source is another file now. The transfer is over.
 */
export type FileWireWord =
  | 'bad_message'
  | 'unknown_transfer'
  | 'bad_transfer_id'
  | 'duplicate_transfer'
  | 'bad_filename'
  | 'bad_file_size'
  | 'file_too_large'
  | 'bad_chunk_size'
  | 'chunk_out_of_order'
  | 'bad_chunk'
  | 'crc_mismatch'
  | 'checksum_mismatch'
  | 'incomplete'
  | 'file_exists'
  | 'resume_mismatch'
  | 'expired'
  | 'too_many_transfers'
  | 'quota_exceeded'
  | 'disk_full'
  | 'stalled'
  | 'superseded'
  | 'too_much_pending'
  | 'not_found'
  | 'changed'
  | 'not_allowed'
  | 'io_error'
  | 'shutting_down';

/** Each of `FileWireWord`, and what has no word on the wire. */
export type FileTransferErrorCode =
  | 'ERR_FILE_BAD_MESSAGE'
  | 'ERR_FILE_UNKNOWN_TRANSFER'
  | 'ERR_FILE_BAD_TRANSFER_ID'
  | 'ERR_FILE_DUPLICATE_TRANSFER'
  | 'ERR_FILE_BAD_FILENAME'
  | 'ERR_FILE_BAD_FILE_SIZE'
  | 'ERR_FILE_FILE_TOO_LARGE'
  | 'ERR_FILE_BAD_CHUNK_SIZE'
  | 'ERR_FILE_CHUNK_OUT_OF_ORDER'
  | 'ERR_FILE_BAD_CHUNK'
  | 'ERR_FILE_CRC_MISMATCH'
  | 'ERR_FILE_CHECKSUM_MISMATCH'
  | 'ERR_FILE_INCOMPLETE'
  | 'ERR_FILE_FILE_EXISTS'
  | 'ERR_FILE_RESUME_MISMATCH'
  | 'ERR_FILE_EXPIRED'
  | 'ERR_FILE_TOO_MANY_TRANSFERS'
  | 'ERR_FILE_QUOTA_EXCEEDED'
  | 'ERR_FILE_DISK_FULL'
  | 'ERR_FILE_STALLED'
  | 'ERR_FILE_SUPERSEDED'
  | 'ERR_FILE_TOO_MUCH_PENDING'
  | 'ERR_FILE_NOT_FOUND'
  | 'ERR_FILE_CHANGED'
  | 'ERR_FILE_NOT_ALLOWED'
  | 'ERR_FILE_IO_ERROR'
  | 'ERR_FILE_SHUTTING_DOWN'
  | 'ERR_FILE_CLOSED'
  | 'ERR_FILE_CANCELLED'
  | 'ERR_FILE_NOT_SUPPORTED'
  | 'ERR_FILE_HANDLER_FAILED';

/** What an error knows beyond its code. */
export interface FileTransferErrorFacts {
  /** Whether the same may work later, where the code alone does not say it. */
  retryable?: boolean | undefined;
  /** The transfer that it concerns. */
  transferId?: string | undefined;
  /** Where the transfer goes on. */
  expectedChunk?: number | undefined;
  /** Of `bad_filename`. */
  reason?: BadFilenameReason | undefined;
  /** What was thrown underneath. */
  cause?: unknown;
}

const words: readonly FileWireWord[] = [
  'bad_message',
  'unknown_transfer',
  'bad_transfer_id',
  'duplicate_transfer',
  'bad_filename',
  'bad_file_size',
  'file_too_large',
  'bad_chunk_size',
  'chunk_out_of_order',
  'bad_chunk',
  'crc_mismatch',
  'checksum_mismatch',
  'incomplete',
  'file_exists',
  'resume_mismatch',
  'expired',
  'too_many_transfers',
  'quota_exceeded',
  'disk_full',
  'stalled',
  'superseded',
  'too_much_pending',
  'not_found',
  'changed',
  'not_allowed',
  'io_error',
  'shutting_down',
];

/** Every word of the wire. */
export const wireWords: ReadonlySet<string> = new Set(words);

const reasons: readonly BadFilenameReason[] = [
  'empty',
  'traversal',
  'separator',
  'absolute',
  'drive',
  'stream',
  'control',
  'trailing',
  'reserved',
  'dotfile',
  'too_long',
];

/** Every reason of `bad_filename`. */
export const badFilenameReasons: ReadonlySet<string> = new Set(reasons);

/** What a disk says that says the same a second later: it waits for somebody to mend it. */
const PERMANENT: ReadonlySet<string | undefined> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ELOOP', 'ENAMETOOLONG']);

const RETRYABLE: ReadonlySet<string> = new Set([
  'chunk_out_of_order',
  'crc_mismatch',
  'incomplete',
  'too_many_transfers',
  'disk_full',
  'stalled',
  'io_error',
  'shutting_down',
]);

/** The error of this package. Switch on `code`: `instanceof` fails where two copies of a package are loaded. */
export class FileTransferError extends Error {
  override readonly name = 'FileTransferError';
  readonly code: FileTransferErrorCode;
  /** The word of the wire, where there is one. */
  readonly wireCode: FileWireWord | undefined;
  /** The same again may work later. */
  readonly retryable: boolean;
  readonly transferId: string | undefined;
  readonly expectedChunk: number | undefined;
  readonly reason: BadFilenameReason | undefined;

  constructor(code: FileTransferErrorCode, message: string, facts: FileTransferErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.code = code;
    this.wireCode = wireCodeOf(code);
    this.retryable = facts.retryable ?? (code === 'ERR_FILE_CLOSED' || RETRYABLE.has(this.wireCode ?? ''));
    this.transferId = facts.transferId;
    this.expectedChunk = facts.expectedChunk;
    this.reason = facts.reason;
  }
}

/** An error that has a word on the wire. */
export function wireError(code: FileWireWord, message: string, facts: FileTransferErrorFacts = {}): FileTransferError {
  return new FileTransferError(`ERR_FILE_${code.toUpperCase()}` as FileTransferErrorCode, message, facts);
}

/** The same error, about this transfer. */
export function withTransferId(error: FileTransferError, transferId: string): FileTransferError {
  if (error.transferId !== undefined) return error;
  const { code, message, retryable, expectedChunk, reason, cause } = error;
  return new FileTransferError(code, message, { transferId, retryable, expectedChunk, reason, cause });
}

/** A connection that is lost, or was never made: `cause` is what the system said, where it said something. */
export function closedError(cause?: unknown): FileTransferError {
  if (cause === undefined || cause === null) return new FileTransferError('ERR_FILE_CLOSED', 'the connection was closed');
  // An `AggregateError`, of several addresses that all refused, has no message.
  const { message, code } = cause as { message?: string; code?: string };
  return new FileTransferError('ERR_FILE_CLOSED', `the connection failed: ${message || (code ?? 'no reason was given')}`, { cause });
}

/** A function of the user threw. */
export function handlerFailed(what: string, cause: unknown, transferId?: string): FileTransferError {
  return new FileTransferError('ERR_FILE_HANDLER_FAILED', `${what} threw`, { transferId, cause });
}

/** `error` itself where it is of this package, else `io_error` around it, or `disk_full` where the system says so. */
export function asTransferError(error: unknown, transferId: string | undefined): FileTransferError {
  if (error instanceof FileTransferError) return error;
  const { code, message } = error as { code?: string; message?: string };
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return wireError(isFull ? 'disk_full' : 'io_error', isFull ? 'no space left' : `input or output failed (${code ?? message})`, {
    transferId,
    retryable: PERMANENT.has(code) ? false : undefined,
    cause: error,
  });
}

function wireCodeOf(code: FileTransferErrorCode): FileWireWord | undefined {
  if (/^ERR_FILE_(CLOSED|CANCELLED|NOT_SUPPORTED|HANDLER_FAILED)$/.test(code)) return undefined;
  return code.slice('ERR_FILE_'.length).toLowerCase() as FileWireWord;
}
