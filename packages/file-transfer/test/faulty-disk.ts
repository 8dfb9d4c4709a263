// A disk that fails where a test wants it to: the calls of Node, each counted, and one of them exchanged or broken.
import * as calls from 'node:fs/promises';
import type { FileSystem, OpenFile } from '../src/index.js';

/** Before a call: throws, or waits, or does nothing. */
export type BeforeCall = (call: string, path: string, bytes: number) => void | Promise<void>;

export function faultyDisk(before: BeforeCall): FileSystem {
  const wrapFile = (file: calls.FileHandle, path: string): OpenFile =>
    new Proxy(file, {
      get(target, key) {
        const value = Reflect.get(target, key, target) as unknown;
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          // Several buffers at once are a write as well.
          const isMany = key === 'writev';
          const bytes = isMany ? (args[0] as Buffer[]).reduce((sum, { length }) => sum + length, 0) : args[2];
          await before(isMany ? 'write' : String(key), path, typeof bytes === 'number' ? bytes : 0);
          return (value as (...all: unknown[]) => unknown).apply(target, args);
        };
      },
    });
  const names = ['open', 'lstat', 'readdir', 'mkdir', 'link', 'rename', 'rmdir', 'unlink', 'statfs'] as const;
  const wrap = (name: (typeof names)[number]) => async (...args: unknown[]) => {
    await before(name, String(args[0]), 0);
    const result = await (calls[name] as (...all: unknown[]) => Promise<unknown>)(...args);
    return name === 'open' ? wrapFile(result as calls.FileHandle, String(args[0])) : result;
  };
  return Object.fromEntries(names.map((name) => [name, wrap(name)])) as unknown as FileSystem;
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: injected`), { code });
}
