// Every option of the client: its type, its default and its check. A wrong value throws at construction.
import type { FileSystem } from './file-system.js';

const MAX_INT32 = 2 ** 31 - 1;
const MIB = 1024 * 1024;
const MAX_RETRIES = 100;
/** Of the client, and what a server lets be under way: 320 MiB/s over 50 ms of delay. */
export const WINDOW_BYTES: number = 16 * MIB;

/** Options of `TCPFileTransferClient`. */
export interface TCPFileTransferClientOptions {
  /**
   * How bytes travel. `'binary'`: in frames of their own, with a third less bytes and far less work; fails with
   * `ERR_FILE_NOT_SUPPORTED` where the peer cannot. `'json'`: in the documented messages. `'auto'`: binary where it can.
   * @defaultValue 'auto'
   */
  mode?: 'auto' | 'json' | 'binary' | undefined;
  /**
   * Bytes of a chunk. The server may lower it. From 1 to 2^26; without, 65536 as JSON and 262144 where binary is offered.
   */
  chunkSize?: number | undefined;
  /**
   * Bytes under way that the peer has not acknowledged; two chunks are always allowed. At the limit sending waits; of a
   * stream as much is kept. The server may lower it. From 1 to 2147483647.
   * @defaultValue 16777216
   */
  windowBytes?: number | undefined;
  /**
   * Bytes of one download that may wait for the disk. At the limit the connection is not read from. From 65536 to 2147483647.
   * @defaultValue 4194304
   */
  maxPendingBytes?: number | undefined;
  /**
   * Transfers at a time; the others wait for their turn. Where the peer takes fewer, fewer. From 1 to 2147483647.
   * @defaultValue 4
   */
  maxTransfers?: number | undefined;
  /**
   * Whether a transfer that broke off goes on where it stopped.
   * @defaultValue true
   */
  resume?: boolean | undefined;
  /**
   * Milliseconds to wait before each new try, each with up to a quarter of jitter; as many tries as numbers, and all of them
   * again once a try came farther than those before it. Only what may work later is tried again; a lost connection only where
   * the client was given a function that dials. Up to 100 of them.
   * @defaultValue [0, 1000, 3000, 5000, 10000]
   */
  retries?: readonly number[] | undefined;
  /**
   * What is checked. `'sha256'`: the whole, and each chunk. `'crc32'`: each chunk. `'none'`: sizes.
   * @defaultValue 'sha256'
   */
  integrity?: 'sha256' | 'crc32' | 'none' | undefined;
  /**
   * Whether a peer that cannot check what `integrity` asks for is an error, `ERR_FILE_NOT_SUPPORTED`. Without, it is a
   * `'warning'` event.
   * @defaultValue false
   */
  requireIntegrity?: boolean | undefined;
  /**
   * Milliseconds without anything from the peer while something is due. Then the try ends with `ERR_FILE_STALLED`. From 1 to
   * 2147483647; 0 and `Infinity` are off.
   * @defaultValue 30000
   */
  stallTimeout?: number | undefined;
  /**
   * The largest file in bytes that a download takes. A larger one ends with `ERR_FILE_FILE_TOO_LARGE`. From 0 to 2^53 − 1.
   * @defaultValue Infinity
   */
  maxFileSize?: number | undefined;
  /**
   * Milliseconds that the part of a download that broke off is kept, in `.incoming` beside its destination. The next download
   * into that folder removes older ones. From 1000 to 2^53 − 1; `Infinity` keeps them.
   * @defaultValue 86400000
   */
  partialTtl?: number | undefined;
  /**
   * The calls that reach the disk, of the shape of `node:fs/promises`: for tests with faults. As the server's: also of `writev`.
   * @defaultValue the calls of node:fs/promises
   */
  fileSystem?: FileSystem | undefined;
}

/** The options with every default filled in. */
export interface ResolvedClientOptions {
  readonly mode: 'auto' | 'json' | 'binary';
  readonly chunkSize: number | undefined;
  readonly windowBytes: number;
  readonly maxPendingBytes: number;
  readonly maxTransfers: number;
  readonly resume: boolean;
  readonly retries: readonly number[];
  readonly integrity: 'sha256' | 'crc32' | 'none';
  readonly requireIntegrity: boolean;
  /** Milliseconds; `Infinity` is off. */
  readonly stallTimeout: number;
  readonly maxFileSize: number;
  readonly partialTtl: number;
  readonly fileSystem: FileSystem | undefined;
}

/**
 * @throws RangeError Naming the option, its range and what it got.
 * @throws TypeError Where a boolean or a list is none.
 */
export function resolveTCPFileTransferClientOptions(options: TCPFileTransferClientOptions): ResolvedClientOptions {
  if (typeof options !== 'object' || options === null) throw new TypeError(`options must be an object, got ${String(options)}`);
  const { mode = 'auto', integrity = 'sha256', resume = true, requireIntegrity = false, fileSystem } = options;
  const { retries = [0, 1000, 3000, 5000, 10_000] } = options;
  if (!['auto', 'json', 'binary'].includes(mode)) throw new RangeError(`mode must be 'auto', 'json' or 'binary', got ${String(mode)}`);
  if (!['sha256', 'crc32', 'none'].includes(integrity)) {
    throw new RangeError(`integrity must be 'sha256', 'crc32' or 'none', got ${String(integrity)}`);
  }
  for (const [name, value] of Object.entries({ resume, requireIntegrity })) {
    if (typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean, got ${typeof value}`);
  }
  if (!Array.isArray(retries) || retries.length > MAX_RETRIES) throw new TypeError(`retries must be up to ${MAX_RETRIES} numbers`);
  for (const delay of retries) within('retries', delay, 0, 0, MAX_INT32);
  return {
    mode,
    chunkSize: options.chunkSize === undefined ? undefined : within('chunkSize', options.chunkSize, 0, 1, 64 * MIB),
    windowBytes: within('windowBytes', options.windowBytes, WINDOW_BYTES, 1, MAX_INT32),
    maxPendingBytes: within('maxPendingBytes', options.maxPendingBytes, 4 * MIB, 64 * 1024, MAX_INT32),
    maxTransfers: within('maxTransfers', options.maxTransfers, 4, 1, MAX_INT32),
    resume,
    retries: [...retries],
    integrity,
    requireIntegrity,
    stallTimeout: within('stallTimeout', options.stallTimeout, 30_000, 0, MAX_INT32, true) || Infinity,
    maxFileSize: within('maxFileSize', options.maxFileSize, Infinity, 0, Number.MAX_SAFE_INTEGER, true),
    partialTtl: within('partialTtl', options.partialTtl, 86_400_000, 1000, Number.MAX_SAFE_INTEGER, true),
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
