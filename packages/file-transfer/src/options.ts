// Every option of the server: its type, its default and its check. A wrong value throws at construction.
import { encodeMessage, type MessageEncoder } from '@verb-tcp/socket/message';
import type { AuthorizeContext, QuotaContext } from './events.js';
import type { FileSystem } from './file-system.js';

const MAX_INT32 = 2 ** 31 - 1;
const MIB = 1024 * 1024;
const MIN_PENDING_BYTES = 64 * 1024;

/** Options of `TCPFileTransferServer`. */
export interface TCPFileTransferServerOptions {
  /**
   * The largest file in bytes. A larger one is refused with `file_too_large`. From 0 to 2^53 − 1; `Infinity` is off.
   * @defaultValue 1073741824
   */
  maxFileSize?: number | undefined;
  /**
   * The largest chunk in bytes. A peer with caps is told a smaller one; any other gets `bad_chunk_size`. From 1 to 2^26.
   * @defaultValue 1048576
   */
  maxChunkSize?: number | undefined;
  /**
   * Transfers at a time, up and down. At the limit the next is refused with `too_many_transfers`. From 1 to 2147483647.
   * @defaultValue 64
   */
  maxTransfers?: number | undefined;
  /**
   * Transfers at a time on one connection. At the limit the next is refused with `too_many_transfers`. From 1 to 2147483647.
   * @defaultValue 4
   */
  maxTransfersPerConnection?: number | undefined;
  /**
   * Bytes of one upload that may wait for the disk. At the limit its connection is not read from; with `handleFileTransfer`
   * not awaited the transfer ends with `too_much_pending`. From 65536 to 2147483647, and two chunks at least.
   * @defaultValue 4194304
   */
  maxPendingBytes?: number | undefined;
  /**
   * Bytes of all uploads together that may wait for the disk. Two blocks an upload has always, of 256 KiB or of a chunk where
   * that is larger, and is not read from while these wait and the others hold the rest. From 65536 to 2147483647.
   * @defaultValue 33554432
   */
  maxTotalPendingBytes?: number | undefined;
  /**
   * Bytes that stay free on the disk, looked at when an upload begins and after each 64 MiB. An upload that would go below
   * is refused or ended with `disk_full`. From 0 to 2^53 − 1; 0 asks the disk nothing.
   * @defaultValue 67108864
   */
  minFreeBytes?: number | undefined;
  /**
   * Asked before an upload begins how many bytes it may have. A larger file is refused with `quota_exceeded`. What it
   * throws becomes `not_allowed`, and `ERR_FILE_HANDLER_FAILED` for `'error'`.
   */
  quota?: ((context: QuotaContext) => number | Promise<number>) | undefined;
  /**
   * Asked before any file is touched, for uploads, downloads and lists. Anything but `true` is answered with `not_allowed`;
   * what it throws too, and is `ERR_FILE_HANDLER_FAILED` for `'error'`.
   */
  authorize?: ((context: AuthorizeContext) => boolean | Promise<boolean>) | undefined;
  /**
   * What becomes of an upload whose name is taken. `'reject'`: `file_exists`, at the start and again when publishing.
   * `'rename'`: `a (1).txt`, told in `file_complete`. `'replace'`: the other file is exchanged in one step.
   * @defaultValue 'reject'
   */
  onConflict?: 'reject' | 'rename' | 'replace' | undefined;
  /**
   * When bytes are forced to the disk. `'publish'`: the file before it gets its name, the folder behind it. `'never'`: when
   * the system likes. A number of bytes: also each time that so many have been written, from 65536.
   * @defaultValue 'publish'
   */
  fsync?: 'publish' | 'never' | number | undefined;
  /**
   * Milliseconds that the part of an upload that broke off is kept. Then it is removed, and resuming begins anew. From 1000
   * to 2^53 − 1; `Infinity` keeps them.
   * @defaultValue 86400000
   */
  partialTtl?: number | undefined;
  /**
   * Milliseconds that a peer may keep a transfer waiting, noticed at most a quarter late. Then it ends with `stalled`, and
   * can be resumed. From 1 to 2147483647; 0 and `Infinity` are off.
   * @defaultValue 60000
   */
  stallTimeout?: number | undefined;
  /**
   * Whether files may be fetched. Without, `file_get` is answered with `not_allowed`.
   * @defaultValue false
   */
  allowDownload?: boolean | undefined;
  /**
   * Whether the folder may be listed. Without, `file_list` is answered with `not_allowed`.
   * @defaultValue false
   */
  allowList?: boolean | undefined;
  /**
   * Whether names may begin with a dot. Without, they are refused with `bad_filename`. `.incoming` always is.
   * @defaultValue false
   */
  allowDotfiles?: boolean | undefined;
  /**
   * Permissions of files that arrive, as in `open`. From 0 to 0o777; the umask of the process applies.
   * @defaultValue 384 (0o600)
   */
  fileMode?: number | undefined;
  /**
   * Turns a message into bytes, or a string that goes as UTF-8, for connections that come by `handleFileTransfer`. What
   * `attach` serves is framed as `@verb-tcp/socket/message` does.
   * @defaultValue encodeMessage
   */
  encode?: MessageEncoder | undefined;
  /**
   * The calls that reach the disk, of the shape of `node:fs/promises`: for tests with faults, and for other disks. A handle
   * with `writev`, as Node's is, gets several blocks through that at once: who wraps `write` wraps both, or hides it.
   * @defaultValue the calls of node:fs/promises
   */
  fileSystem?: FileSystem | undefined;
}

/** The options with every default filled in. */
export interface ResolvedServerOptions {
  readonly maxFileSize: number;
  readonly maxChunkSize: number;
  readonly maxTransfers: number;
  readonly maxTransfersPerConnection: number;
  readonly maxPendingBytes: number;
  readonly maxTotalPendingBytes: number;
  readonly minFreeBytes: number;
  readonly quota: TCPFileTransferServerOptions['quota'];
  readonly authorize: TCPFileTransferServerOptions['authorize'];
  readonly onConflict: 'reject' | 'rename' | 'replace';
  readonly fsync: 'publish' | 'never' | number;
  readonly partialTtl: number;
  /** Milliseconds; `Infinity` is off. */
  readonly stallTimeout: number;
  readonly allowDownload: boolean;
  readonly allowList: boolean;
  readonly allowDotfiles: boolean;
  readonly fileMode: number;
  readonly encode: MessageEncoder;
  readonly fileSystem: FileSystem | undefined;
}

/**
 * @throws RangeError Naming the option, its range and what it got.
 * @throws TypeError Where a function or a boolean is none.
 */
export function resolveTCPFileTransferServerOptions(options: TCPFileTransferServerOptions): ResolvedServerOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError(`options must be an object, got ${String(options)}`);
  const { onConflict = 'reject', fsync = 'publish', encode = encodeMessage, quota, authorize, fileSystem } = options;
  if (!['reject', 'rename', 'replace'].includes(onConflict)) {
    throw new RangeError(`onConflict must be 'reject', 'rename' or 'replace', got ${String(onConflict)}`);
  }
  if (fsync !== 'publish' && fsync !== 'never' && !(Number.isSafeInteger(fsync) && fsync >= MIN_PENDING_BYTES)) {
    throw new RangeError(`fsync must be 'publish', 'never' or an integer from ${MIN_PENDING_BYTES}, got ${String(fsync)}`);
  }
  for (const [name, value] of Object.entries({ encode, quota, authorize })) {
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`${name} must be a function, got ${typeof value}`);
  }
  return {
    maxFileSize: within('maxFileSize', options.maxFileSize, 1024 * MIB, 0, Number.MAX_SAFE_INTEGER, true),
    maxChunkSize: within('maxChunkSize', options.maxChunkSize, MIB, 1, 64 * MIB),
    maxTransfers: within('maxTransfers', options.maxTransfers, 64, 1, MAX_INT32),
    maxTransfersPerConnection: within('maxTransfersPerConnection', options.maxTransfersPerConnection, 4, 1, MAX_INT32),
    maxPendingBytes: within('maxPendingBytes', options.maxPendingBytes, 4 * MIB, MIN_PENDING_BYTES, MAX_INT32),
    maxTotalPendingBytes: within('maxTotalPendingBytes', options.maxTotalPendingBytes, 32 * MIB, MIN_PENDING_BYTES, MAX_INT32),
    minFreeBytes: within('minFreeBytes', options.minFreeBytes, 64 * MIB, 0, Number.MAX_SAFE_INTEGER),
    quota,
    authorize,
    onConflict,
    fsync,
    partialTtl: within('partialTtl', options.partialTtl, 86_400_000, 1000, Number.MAX_SAFE_INTEGER, true),
    stallTimeout: within('stallTimeout', options.stallTimeout, 60_000, 0, MAX_INT32, true) || Infinity,
    allowDownload: flag('allowDownload', options.allowDownload),
    allowList: flag('allowList', options.allowList),
    allowDotfiles: flag('allowDotfiles', options.allowDotfiles),
    fileMode: within('fileMode', options.fileMode, 0o600, 0, 0o777),
    encode,
    fileSystem,
  };
}

function within(name: string, value: number | undefined, defaultValue: number, min: number, max: number, off = false): number {
  if (value === undefined) return defaultValue;
  if (!(Number.isInteger(value) && value >= min && value <= max) && !(off && value === Infinity)) {
    throw new RangeError(`${name} must be an integer from ${min} to ${max}${off ? ' or Infinity' : ''}, got ${value}`);
  }
  return value;
}

function flag(name: string, value: boolean | undefined): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean, got ${typeof value}`);
  return value ?? false;
}
