// The disk: the calls of Node.
import { constants } from 'node:fs';
import * as calls from 'node:fs/promises';
import type { FileSystem, OpenFile } from './file-system.js';

/** The calls of `node:fs/promises`. */
export const nodeFileSystem: FileSystem = calls;

const { O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;
/** Absent on Windows. */
const O_NOFOLLOW = (constants as { O_NOFOLLOW?: number }).O_NOFOLLOW ?? 0;
const O_NONBLOCK = (constants as { O_NONBLOCK?: number }).O_NONBLOCK ?? 0;

/** A new file, that nobody else made and no link leads away from. */
export const CREATE_FLAGS: number = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW;
/** A file of ours. */
export const REOPEN_FLAGS: number = O_RDWR | O_NOFOLLOW;
/** A file of anybody: a FIFO must not hold us up, and no link is followed. */
export const READ_FLAGS: number = O_RDONLY | O_NOFOLLOW | O_NONBLOCK;

/** Reads `length` bytes from `position` on, fewer where the file ends. */
export async function readFully(file: OpenFile, buffer: Uint8Array, at: number, length: number, position: number): Promise<number> {
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, at + done, length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** Writes all of it, each buffer behind the one before. `onBytes` is told after each call how many bytes are there by now. */
export async function writeFully(file: OpenFile, buffers: readonly Uint8Array[], position: number, onBytes?: (bytes: number) => void): Promise<void> {
  let at = position;
  let left = buffers;
  while (left.length > 0) {
    const [first] = left as [Uint8Array];
    const together = left.length > 1 ? file.writev?.(left, at) : undefined;
    const { bytesWritten } = await (together ?? file.write(first, 0, first.length, at));
    at += bytesWritten;
    left = behind(left, bytesWritten);
    onBytes?.(at - position);
  }
}

/** What is left of buffers without their first `length` bytes. */
function behind(buffers: readonly Uint8Array[], length: number): readonly Uint8Array[] {
  let rest = length;
  let whole = 0;
  for (; whole < buffers.length; whole++) {
    const { byteLength } = buffers[whole] as Uint8Array;
    if (byteLength > rest) break;
    rest -= byteLength;
  }
  const left = buffers.slice(whole);
  if (rest > 0) left[0] = (left[0] as Uint8Array).subarray(rest);
  return left;
}

/** The code of an error of the system. */
export function systemCode(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}
