// A file server that may be told to kill itself at one of its calls to the disk: before it, or in the middle of a write.
import * as calls from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { TCPFileTransferServer, type FileSystem } from '@verb-tcp/file-transfer';
import { HOST } from '../dial.js';

const NAMES = ['open', 'lstat', 'readdir', 'mkdir', 'link', 'rename', 'rmdir', 'unlink', 'statfs'] as const;
const SAMPLE_MILLISECONDS = 20;

export interface FileServerRole {
  /** Serves a folder, its own where none is named. The port. */
  listen(folder?: string): Promise<number>;
  /** Calls to the disk so far, by name. */
  calls(): string[];
  /** Settles when what was under way is over. */
  close(): Promise<void>;
  /** Begins to watch the memory, and gives what there is. */
  watch(): number;
  /** The most since then, in bytes. */
  peak(): number;
}

/** A call to the disk at which it dies. How many calls there are depends on how fast the disk is, so it has a name. */
export interface KillPlace {
  call: string;
  /** Which of this name, from 1. */
  nth: number;
  /** How much of a write there is on the disk then, below 1. */
  part: number;
}

export interface FileServerSettings {
  folder: string;
  kill?: KillPlace;
  /** Bytes between two that are forced to the disk. */
  fsync?: number;
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: nothing else may happen.
  for (;;);
}

export function fileServer({ folder: ownFolder, kill, fsync }: FileServerSettings): FileServerRole {
  const made: string[] = [];
  let hits = 0;
  let peakBytes = 0;
  let served: TCPFileTransferServer | undefined;
  /** Whether this is the call at which it dies: at once, but for a write. */
  const isLast = (name: string): boolean => {
    made.push(name);
    if (name !== kill?.call || ++hits !== kill.nth) return false;
    return name === 'write' && kill.part > 0 ? true : die();
  };
  /** The whole of a write, or the part after which the process dies. */
  const write = async (file: calls.FileHandle, buffer: Uint8Array, offset: number, length: number, position: number): Promise<unknown> => {
    const isCut = isLast('write');
    const result = await file.write(buffer, offset, isCut ? Math.ceil(length * (kill?.part ?? 1)) : length, position);
    return isCut ? die() : result;
  };
  const writev = (file: calls.FileHandle, buffers: Buffer[], position: number): Promise<unknown> => {
    const whole = Buffer.concat(buffers);
    return write(file, whole, 0, whole.length, position);
  };
  const wrapFile = (file: calls.FileHandle): calls.FileHandle =>
    new Proxy(file, {
      get(target, key) {
        const value = Reflect.get(target, key, target) as unknown;
        if (key === 'write') return write.bind(undefined, target);
        if (key === 'writev') return writev.bind(undefined, target);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => (isLast(String(key)), (value as (...all: unknown[]) => unknown).apply(target, args));
      },
    });
  const wrap = (name: (typeof NAMES)[number]) => async (...args: unknown[]) => {
    isLast(name);
    const result = await (calls[name] as (...all: unknown[]) => Promise<unknown>)(...args);
    return name === 'open' ? wrapFile(result as calls.FileHandle) : result;
  };
  const fileSystem = Object.fromEntries(NAMES.map((name) => [name, wrap(name)])) as unknown as FileSystem;
  const limits = { maxFileSize: Infinity, maxTransfersPerConnection: 64, minFreeBytes: 1, ...(fsync === undefined ? {} : { fsync }) };
  return {
    async listen(folder = ownFolder) {
      const files = new TCPFileTransferServer(folder, { ...limits, fileSystem });
      served = files;
      const server = createServer((socket) => files.attach(socket));
      await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
      return (server.address() as AddressInfo).port;
    },
    calls: () => made,
    async close() {
      await served?.close();
    },
    watch() {
      globalThis.gc?.();
      const { rss } = process.memoryUsage();
      peakBytes = rss;
      setInterval(() => (peakBytes = Math.max(peakBytes, process.memoryUsage.rss())), SAMPLE_MILLISECONDS).unref();
      return rss;
    },
    peak: () => peakBytes,
  };
}
