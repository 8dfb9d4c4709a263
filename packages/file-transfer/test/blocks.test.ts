// What waits for the disk: how much of it there may be, of one file and of all, and that a block serves one file at a time.
import { describe, expect, it } from 'vitest';
import { BlockShelf } from '../src/block-shelf.js';
import { BlockWriter } from '../src/block-writer.js';
import type { OpenFile } from '../src/file-system.js';

const CHUNK = 256 * 1024;

/** A file whose writes end when they are told to. */
function slowFile(): { file: OpenFile; written: string[]; open: () => void } {
  const written: string[] = [];
  const waiting: (() => void)[] = [];
  let isOpen = false;
  const file = {
    async write(buffer: Buffer, at: number, length: number, position: number) {
      if (!isOpen) await new Promise<void>((resolve) => waiting.push(resolve));
      written.push(`${position}: ${buffer.toString('latin1', at, at + 1)} × ${length}`);
      return { bytesWritten: length };
    },
  } as unknown as OpenFile;
  const open = (): void => {
    isOpen = true;
    for (const resolve of waiting.splice(0)) resolve();
  };
  return { file, written, open };
}

function writer(file: OpenFile, shelf: BlockShelf, chunks: number, { chunkSize = CHUNK, maxPendingBytes = 16 * CHUNK } = {}): BlockWriter {
  const owner = { onWriting() {}, onWritten() {}, onError() {} };
  return new BlockWriter(file, owner, shelf, { position: 0, end: chunks * chunkSize, chunkSize, maxPendingBytes });
}

/** Fills blocks until there is none. How many. */
function fill(into: BlockWriter, letter: string, length = CHUNK): number {
  let count = 0;
  for (let room = into.room(length); room !== undefined; room = into.room(length)) {
    room.fill(letter);
    into.commit(length);
    count++;
  }
  return count;
}

describe('what waits for the disk', () => {
  it('is bounded for one file, and for all; two blocks each are always there', async () => {
    const { file, open } = slowFile();
    const shelf = new BlockShelf(8 * CHUNK);
    const [first, second, third] = [writer(file, shelf, 100), writer(file, shelf, 100), writer(file, shelf, 100, { maxPendingBytes: 3 * CHUNK })];
    expect(fill(first, 'a')).toBe(4);
    expect(fill(second, 'b')).toBe(2);
    expect(fill(third, 'c')).toBe(2);
    const late = writer(file, shelf, 100);
    expect(fill(late, 'd')).toBe(2);
    open();
    await Promise.all([first, second, third, late].map((each) => each.drain()));
    const alone = writer(slowFile().file, shelf, 100);
    expect(fill(alone, 'e')).toBe(8);
    expect(fill(writer(slowFile().file, new BlockShelf(Infinity), 100, { maxPendingBytes: 3 * CHUNK }), 'f')).toBe(3);
  });

  it('leaves in one call of up to 1 MiB, of which a disk may take less, in order', async () => {
    const calls: [number, number][] = [];
    const content = Buffer.alloc(11 * CHUNK);
    const take = (bytes: Buffer, position: number): { bytesWritten: number } => {
      // Not at a border of buffers.
      const bytesWritten = Math.min(bytes.length, CHUNK + 1000);
      bytes.copy(content, position, 0, bytesWritten);
      calls.push([position, bytes.length]);
      return { bytesWritten };
    };
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => (letGo = resolve));
    const file = {
      async write(buffer: Buffer, at: number, length: number, position: number) {
        await gate;
        return take(buffer.subarray(at, at + length), position);
      },
      async writev(buffers: Buffer[], position: number) {
        await gate;
        return take(Buffer.concat(buffers), position);
      },
    } as unknown as OpenFile;
    const into = writer(file, new BlockShelf(Infinity), 11);
    for (let chunk = 0; chunk < 11; chunk++) {
      into.room(CHUNK)?.fill(65 + chunk);
      into.commit(CHUNK);
    }
    letGo();
    await into.drain();
    expect(content.equals(Buffer.concat(Array.from({ length: 11 }, (_, chunk) => Buffer.alloc(CHUNK, 65 + chunk))))).toBe(true);
    expect(calls.slice(0, 3)).toEqual([[0, CHUNK], [CHUNK, 4 * CHUNK], [2 * CHUNK + 1000, 3 * CHUNK - 1000]]);
    expect(Math.max(...calls.map(([, length]) => length))).toBe(4 * CHUNK);
  });

  describe('of which several are written in one call', () => {
    /** Four blocks behind the first, which is let go at once; what the owner is told; and the call with the four, not answered yet. */
    async function fourBlocks(shelf: BlockShelf) {
      let answer: (bytes: number | Error) => void = () => {};
      const file = {
        write: (_buffer: Buffer, _at: number, length: number) => Promise.resolve({ bytesWritten: length }),
        writev: () => new Promise((resolve, reject) => (answer = (bytes) => (typeof bytes === 'number' ? resolve({ bytesWritten: bytes }) : reject(bytes)))),
      } as unknown as OpenFile;
      const told: string[] = [];
      const owner = {
        onWriting: (bytes: Buffer, position: number) => void told.push(`writing ${bytes.length / CHUNK} at ${position / CHUNK}`),
        onWritten: (bytes: Buffer, position: number) => void told.push(`written ${bytes.length / CHUNK} at ${position / CHUNK}`),
        onError: (error: unknown) => void told.push(String(error)),
      };
      const into = new BlockWriter(file, owner, shelf, { position: 0, end: 5 * CHUNK, chunkSize: CHUNK, maxPendingBytes: 16 * CHUNK });
      fill(into, 'a');
      while (told.filter((line) => line.startsWith('writing')).length < 5) await Promise.resolve();
      return { into, told: told.splice(0).slice(1), news: told, answer: (bytes: number | Error) => answer(bytes), file };
    }
    const writing = [1, 2, 3, 4].map((at) => `writing 1 at ${at}`);

    it('each is told by itself, in order', async () => {
      const { into, told, news, answer } = await fourBlocks(new BlockShelf(5 * CHUNK));
      expect(told).toEqual(['written 1 at 0', ...writing]);
      answer(4 * CHUNK);
      await into.drain();
      expect(news).toEqual([1, 2, 3, 4].map((at) => `written 1 at ${at}`));
    });

    it('those that are there are told before what the disk says then', async () => {
      const shelf = new BlockShelf(5 * CHUNK);
      const { into, news, answer, file } = await fourBlocks(shelf);
      file.write = () => Promise.reject(new Error('full'));
      answer(3 * CHUNK + 5);
      await expect(into.drain()).rejects.toThrow('full');
      expect(news).toEqual(['written 1 at 1', 'written 1 at 2', 'written 1 at 3', 'Error: full']);
      await into.stop();
      expect(fill(writer(slowFile().file, shelf, 100), 'b')).toBe(5);
    });

    it('none is lent again before the call is over, when it is stopped meanwhile', async () => {
      const shelf = new BlockShelf(5 * CHUNK);
      const { into, news, answer } = await fourBlocks(shelf);
      let isOver = false;
      const stopped = into.stop().then(() => (isOver = true));
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      expect(isOver).toBe(false);
      // The first is back, and no other.
      const first = shelf.take(CHUNK, false) as Buffer;
      expect(shelf.take(CHUNK, false) === undefined).toBe(true);
      shelf.putBack(first, false, true);
      answer(4 * CHUNK);
      await stopped;
      expect(news).toEqual([]);
      expect(fill(writer(slowFile().file, shelf, 100), 'b')).toBe(5);
    });
  });

  it('gives back what an end in the middle leaves, in whatever way it ends', async () => {
    const shelf = new BlockShelf(4 * CHUNK);
    for (let round = 0; round < 5; round++) {
      const { file, open } = slowFile();
      const stopped = writer(file, shelf, 100);
      expect(fill(stopped, 'a')).toBe(4);
      const end = stopped.stop();
      open();
      await end;
      const unused = writer(file, shelf, 100);
      for (let count = 0; count < 3; count++) {
        unused.room(CHUNK);
        unused.commit(count < 2 ? CHUNK : 0);
      }
      await unused.drain();
      await unused.stop();
      const failing = { write: () => Promise.reject(new Error('broken')) } as unknown as OpenFile;
      const failed = writer(failing, shelf, 100);
      expect(fill(failed, 'b')).toBe(4);
      await failed.drain().catch((error: Error) => expect(error.message).toBe('broken'));
      await failed.stop();
    }
  });

  it('is no place that somebody else still writes to', async () => {
    const shelf = new BlockShelf(64 * CHUNK);
    const held = writer(slowFile().file, shelf, 100);
    const ended = writer(slowFile().file, shelf, 100);
    const room = ended.room(CHUNK) as Buffer;
    await ended.stop();
    const { file, written, open } = slowFile();
    const next = writer(file, shelf, 100);
    fill(next, 'n');
    room.fill('x');
    open();
    await next.drain();
    expect(written).toHaveLength(16);
    expect(written.every((line) => line.includes(': n × '))).toBe(true);
    await held.stop();
  });

  it('leaves a block that is half full after a turn, but not while a chunk for it is coming in', async () => {
    const { file, written, open } = slowFile();
    open();
    const half = writer(file, new BlockShelf(Infinity), 100, { chunkSize: CHUNK / 4 });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const put = (letter: string): void => {
      half.room(CHUNK / 4)?.fill(letter);
      half.commit(CHUNK / 4);
    };
    put('a');
    const coming = half.room(CHUNK / 4) as Buffer;
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(written).toEqual([]);
    coming.fill('b');
    half.commit(CHUNK / 4);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(written).toEqual([`0: a × ${CHUNK / 2}`]);
    put('c');
    half.room(CHUNK / 4);
    half.commit(0);
    for (let turns = 0; turns < 5; turns++) await turn();
    expect(written[1]).toBe(`${CHUNK / 2}: c × ${CHUNK / 4}`);
  });
});
