// A file server that may be told to kill itself at one of its calls to the disk.
import * as calls from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { TCPFileTransferServer, type FileSystem } from '@verb-tcp/file-transfer';
import { HOST } from '../dial.js';

const NAMES = ['open', 'lstat', 'readdir', 'mkdir', 'link', 'rename', 'rmdir', 'unlink', 'statfs'] as const;
const SAMPLE_MILLISECONDS = 20;

export interface FileServerRole {
  /** Serves a folder, its own where none is named. The port. */
  listen(folder?: string): Promise<number>;
  /** Calls to the disk so far. */
  calls(): number;
  /** Begins to watch the memory, and gives what there is. */
  watch(): number;
  /** The most since then, in bytes. */
  peak(): number;
}

/** @param settings.killAt The number of the call before which it dies; 0: none. */
export function fileServer(settings: { folder: string; killAt: number }): FileServerRole {
  let count = 0;
  let peakBytes = 0;
  const before = (): void => {
    if (++count !== settings.killAt) return;
    process.kill(process.pid, 'SIGKILL');
    for (;;);
  };
  const wrapFile = (file: calls.FileHandle): calls.FileHandle =>
    new Proxy(file, {
      get(target, key) {
        const value = Reflect.get(target, key, target) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => (before(), (value as (...all: unknown[]) => unknown).apply(target, args));
      },
    });
  const wrap = (name: (typeof NAMES)[number]) => async (...args: unknown[]) => {
    before();
    const result = await (calls[name] as (...all: unknown[]) => Promise<unknown>)(...args);
    return name === 'open' ? wrapFile(result as calls.FileHandle) : result;
  };
  const fileSystem = Object.fromEntries(NAMES.map((name) => [name, wrap(name)])) as unknown as FileSystem;
  const limits = { maxFileSize: Infinity, maxTransfersPerConnection: 64, minFreeBytes: 1 };
  return {
    async listen(folder = settings.folder) {
      const files = new TCPFileTransferServer(folder, { ...limits, fileSystem });
      const server = createServer((socket) => files.attach(socket));
      await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
      return (server.address() as AddressInfo).port;
    },
    calls: () => count,
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
