// What one call of the client is given, looked at before anything is opened or sent.
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { MAX_TRANSFER_ID_BYTES } from './checked-message.js';
import { wireError } from './errors.js';
import type { DownloadSettings, UploadSettings, UploadSource } from './events.js';
import { findBadFilename } from './file-name.js';

/** What is uploaded: the path of a file, or what holds the bytes. */
export interface CheckedUpload {
  readonly source: string | Uint8Array | Readable;
  readonly name: string;
}

/** @throws TypeError for what cannot be; {FileTransferError} `bad_filename`, for a name that is too long for a message. */
export function checkedUpload(from: UploadSource, settings: UploadSettings): CheckedUpload {
  checkSettings(settings);
  const { size, mtime } = settings;
  const source = from instanceof URL ? fileURLToPath(from) : from;
  if (typeof source !== 'string' && !(source instanceof Uint8Array) && !(source instanceof Readable)) {
    throw new TypeError('source must be a path, a file URL, bytes or a Readable');
  }
  const name = settings.name ?? (typeof source === 'string' ? basename(source) : undefined);
  if (name === undefined) throw new TypeError('name is needed for what is no path');
  checkName(name);
  const isSize = Number.isSafeInteger(size) && (size as number) >= 0;
  if (source instanceof Readable && !isSize) throw new TypeError('size is needed for a stream: an integer from 0 to 2^53 - 1');
  if (source instanceof Uint8Array && size !== undefined && size !== source.length) {
    throw new TypeError(`size must be that of the bytes, ${source.length}, got ${String(size)}`);
  }
  if (mtime !== undefined && !Number.isFinite(mtime)) throw new TypeError(`mtime must be milliseconds since 1970, got ${String(mtime)}`);
  return { source, name };
}

/** @throws TypeError for what cannot be; {FileTransferError} `bad_filename`, for a name that is too long for a message. */
export function checkDownload(name: string, destination: string, settings: DownloadSettings): void {
  checkSettings(settings);
  const { onConflict = 'reject' } = settings;
  if (typeof destination !== 'string' || destination === '') throw new TypeError('destination must be a path');
  if (!['reject', 'rename', 'replace'].includes(onConflict)) {
    throw new TypeError(`onConflict must be 'reject', 'rename' or 'replace', got ${String(onConflict)}`);
  }
  checkName(name);
}

/** What else is wrong with a name is for the peer to say. */
function checkName(name: string): void {
  if (typeof name !== 'string') throw new TypeError(`name must be a string, got ${typeof name}`);
  if (findBadFilename(name, true) === 'too_long') throw wireError('bad_filename', 'that name cannot be used: too_long', { reason: 'too_long' });
}

function checkSettings(settings: UploadSettings & DownloadSettings): void {
  if (typeof settings !== 'object' || settings === null) throw new TypeError(`settings must be an object, got ${String(settings)}`);
  const { transferId, signal, onProgress } = settings;
  if (transferId !== undefined && (typeof transferId !== 'string' || transferId === '' || Buffer.byteLength(transferId) > MAX_TRANSFER_ID_BYTES)) {
    throw new TypeError(`transferId must be a string of 1 to ${MAX_TRANSFER_ID_BYTES} bytes`);
  }
  const isSignal = typeof (signal as Partial<AbortSignal> | null | undefined)?.addEventListener === 'function';
  if (signal !== undefined && !isSignal) throw new TypeError(`signal must be an AbortSignal, got ${typeof signal}`);
  if (onProgress !== undefined && typeof onProgress !== 'function') throw new TypeError(`onProgress must be a function, got ${typeof onProgress}`);
}
