// A message of the peer, looked at before it is believed: every field that is used has its type and its range, or the answer
// is an error of the wire. Pure.
import { badFilenameReasons, wireError, type BadFilenameReason, type FileTransferError, type FileWireWord } from './errors.js';
import type { FileEntry } from './events.js';
import { CAPS, type Cap, type CompleteMessage, type GetMessage, type Message, type StartAck, type StartMessage, type Tail } from './messages.js';

export const MAX_TRANSFER_ID_BYTES = 128;
/** Fewer characters can be guessed, and whoever guesses an id could go on with another's upload: nothing is resumed under them. */
export const MIN_SECRET_LENGTH = 22;
const MAX_CAPS = 32;
const MAX_ETAG_LENGTH = 128;
const MAX_CURSOR_LENGTH = 255;
const MAX_LIST_LIMIT = 1000;
const SHA256 = /^[0-9a-f]{64}$/;

/** What a field may be, and how that is told. */
interface Kind<T> {
  readonly is: (value: unknown) => value is T;
  readonly text: string;
}

const count: Kind<number> = { is: isCount, text: 'an integer from 0 to 2^53 - 1' };
const positive: Kind<number> = { is: isPositive, text: 'an integer from 1 to 2^53 - 1' };
const uint32: Kind<number> = { is: isUint32, text: 'an integer from 0 to 2^32 - 1' };
const time: Kind<number> = { is: isTime, text: 'a number' };
const etag: Kind<string> = { is: isEtag, text: `a string of up to ${MAX_ETAG_LENGTH} characters` };
const cursorText: Kind<string> = { is: isCursor, text: `a string of up to ${MAX_CURSOR_LENGTH} characters` };
const sha256: Kind<string> = { is: isSHA256, text: '64 lower-case hex digits' };
const tail: Kind<Tail> = { is: isTail, text: 'an object of offset, length and crc32' };

/** The message as an object with a `type`. @throws {FileTransferError} `bad_message` */
export function checkedMessage(message: unknown): Message & { readonly type: string } {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) throw bad('a message is an object');
  if (typeof (message as Message)['type'] !== 'string') throw bad('a message has a type');
  return message as Message & { type: string };
}

/** @throws {FileTransferError} `bad_message`, `bad_transfer_id` */
export function checkedTransferId(message: Message): string {
  const { transferId } = message;
  if (typeof transferId !== 'string') throw bad('transferId must be a string');
  const isGood = transferId !== '' && transferId.length <= MAX_TRANSFER_ID_BYTES && Buffer.byteLength(transferId) <= MAX_TRANSFER_ID_BYTES;
  if (!isGood) throw wireError('bad_transfer_id', `transferId must have 1 to ${MAX_TRANSFER_ID_BYTES} bytes`);
  return transferId;
}

/** The name is not judged here. @throws {FileTransferError} */
export function checkedStart(message: Message): StartMessage {
  const transferId = checkedTransferId(message);
  const { filename, fileSize, chunkSize } = message;
  if (typeof filename !== 'string') throw bad('filename must be a string', transferId);
  if (typeof fileSize !== 'number') throw bad('fileSize must be a number', transferId);
  if (typeof chunkSize !== 'number') throw bad('chunkSize must be a number', transferId);
  if (!isCount(fileSize)) throw wireError('bad_file_size', 'fileSize must be an integer from 0 to 2^53 - 1', { transferId });
  if (!isCount(chunkSize) || chunkSize === 0) throw wireError('bad_chunk_size', 'chunkSize must be an integer from 1', { transferId });
  return {
    transferId,
    filename,
    fileSize,
    chunkSize,
    caps: capsOf(message, transferId),
    mtime: optional(message, 'mtime', time, transferId),
    etag: optional(message, 'etag', etag, transferId),
    sha256: optional(message, 'sha256', sha256, transferId),
  };
}

/** @throws {FileTransferError} */
export function checkedStartAck(message: Message): StartAck {
  const transferId = checkedTransferId(message);
  const { status } = message;
  if (status !== 'ready' && status !== 'resume') throw bad("status must be 'ready' or 'resume'", transferId);
  return {
    transferId,
    status,
    caps: capsOf(message, transferId),
    nextChunk: optional(message, 'nextChunk', count, transferId),
    receivedBytes: optional(message, 'receivedBytes', count, transferId),
    chunkSize: optional(message, 'chunkSize', positive, transferId),
    window: optional(message, 'window', positive, transferId),
    expiresAt: optional(message, 'expiresAt', count, transferId),
    handle: optional(message, 'handle', uint32, transferId),
    tail: optional(message, 'tail', tail, transferId),
  };
}

/** @throws {FileTransferError} */
export function checkedGet(message: Message): GetMessage {
  const transferId = checkedTransferId(message);
  const { filename } = message;
  if (typeof filename !== 'string') throw bad('filename must be a string', transferId);
  return {
    transferId,
    filename,
    offset: optional(message, 'offset', count, transferId) ?? 0,
    etag: optional(message, 'etag', etag, transferId),
    chunkSize: optional(message, 'chunkSize', positive, transferId),
    caps: capsOf(message, transferId),
  };
}

/** @throws {FileTransferError} */
export function checkedList(message: Message): { requestId: string; cursor: string | undefined; limit: number } {
  const { requestId } = message;
  if (typeof requestId !== 'string' || requestId.length > MAX_TRANSFER_ID_BYTES) {
    throw bad(`requestId must be a string of up to ${MAX_TRANSFER_ID_BYTES} characters`);
  }
  const cursor = optional(message, 'cursor', cursorText, requestId);
  const limit = optional(message, 'limit', positive, requestId) ?? MAX_LIST_LIMIT;
  return { requestId, cursor, limit: Math.min(limit, MAX_LIST_LIMIT) };
}

/** @throws {FileTransferError} */
export function checkedListResult(message: Message): { requestId: string; files: FileEntry[]; cursor: string | undefined } {
  const { requestId, files } = message;
  if (typeof requestId !== 'string') throw bad('requestId must be a string');
  if (!Array.isArray(files) || files.length > MAX_LIST_LIMIT || !files.every(isEntry)) throw bad('files must be a list of entries');
  return { requestId, files, cursor: optional(message, 'cursor', cursorText, requestId) };
}

/** @throws {FileTransferError} */
export function checkedChunkAck(message: Message): { transferId: string; chunkIndex: number; receivedBytes: number } {
  const transferId = checkedTransferId(message);
  const { chunkIndex, receivedBytes } = message;
  if (!isCount(chunkIndex) || !isCount(receivedBytes)) throw bad('chunkIndex and receivedBytes must be integers', transferId);
  return { transferId, chunkIndex, receivedBytes };
}

/** @throws {FileTransferError} */
export function checkedEnd(message: Message): { transferId: string; sha256: string | undefined } {
  const transferId = checkedTransferId(message);
  return { transferId, sha256: optional(message, 'sha256', sha256, transferId) };
}

/** @throws {FileTransferError} */
export function checkedComplete(message: Message): CompleteMessage {
  const transferId = checkedTransferId(message);
  const { filename, receivedBytes, duration } = message;
  if (typeof filename !== 'string' || !isCount(receivedBytes) || typeof duration !== 'number') throw bad('file_complete lacks a field', transferId);
  return { transferId, filename, receivedBytes, duration, sha256: optional(message, 'sha256', sha256, transferId) };
}

/** An `error` of the peer, which says what it likes: its text is cut, its word kept where it is one of ours. */
export function peerError(message: Message, words: ReadonlySet<string>): FileTransferError {
  const { code, transferId, retryable, expectedChunk, reason, message: text } = message;
  const isLegacyUnknown = code === undefined && text === 'Transfer not found';
  const word = typeof code === 'string' && words.has(code) ? (code as FileWireWord) : isLegacyUnknown ? 'unknown_transfer' : 'io_error';
  return wireError(word, typeof text === 'string' ? text.slice(0, 200) : 'the peer sent an error', {
    transferId: typeof transferId === 'string' ? transferId : undefined,
    retryable: retryable === false ? false : undefined,
    reason: typeof reason === 'string' && badFilenameReasons.has(reason) ? (reason as BadFilenameReason) : undefined,
    expectedChunk: isCount(expectedChunk) ? expectedChunk : undefined,
  });
}

function bad(text: string, transferId?: string): FileTransferError {
  return wireError('bad_message', text, { transferId });
}

function capsOf(message: Message, transferId: string): Cap[] | undefined {
  const { caps } = message;
  if (caps === undefined) return undefined;
  if (!Array.isArray(caps) || caps.length > MAX_CAPS) throw bad('caps must be a list', transferId);
  return CAPS.filter((cap) => caps.includes(cap));
}

function optional<T>(message: Message, key: string, { is, text }: Kind<T>, transferId: string | undefined): T | undefined {
  const value = message[key];
  if (value === undefined) return undefined;
  if (!is(value)) throw bad(`${key} must be ${text}`, transferId);
  return value;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isPositive(value: unknown): value is number {
  return isCount(value) && value > 0;
}

function isUint32(value: unknown): value is number {
  return isCount(value) && value < 2 ** 32;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isEtag(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_ETAG_LENGTH;
}

function isCursor(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_CURSOR_LENGTH;
}

function isSHA256(value: unknown): value is string {
  return typeof value === 'string' && SHA256.test(value);
}

function isTail(value: unknown): value is Tail {
  const { offset, length, crc32 } = (value ?? {}) as Partial<Tail>;
  return isCount(offset) && isCount(length) && isUint32(crc32);
}

function isEntry(value: unknown): value is FileEntry {
  const { name, size, mtime } = (value ?? {}) as Partial<FileEntry>;
  return typeof name === 'string' && isCount(size) && isTime(mtime);
}
