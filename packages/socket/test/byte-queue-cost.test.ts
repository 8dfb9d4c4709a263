import { ByteQueue } from '@verb-tcp/socket/bytes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settings } from './property.js';
import { countWork } from './work-counter.js';

const READ_BYTES = 64 * 1024;

/** All memory that the queue keeps alive, seen through one-byte views of everything in it. */
function memoryBehind(queue: ByteQueue): number {
  const buffers = new Set<ArrayBufferLike>();
  while (queue.byteLength > 0) buffers.add(queue.take(1).buffer);
  let bytes = 0;
  for (const buffer of buffers) bytes += buffer.byteLength;
  return bytes;
}

/** In a function of its own, so that no local variable keeps the last read. */
function pushSmallViews(queue: ByteQueue, count: number): WeakRef<ArrayBufferLike>[] {
  return Array.from({ length: count }, (_, n) => {
    const read = Buffer.from(new ArrayBuffer(READ_BYTES));
    queue.push(read.subarray(0, n % 2 === 0 ? 10 : 2000));
    return new WeakRef(read.buffer);
  });
}

describe('views and copies', () => {
  test('bytes that lie in one chunk come out as a view of it', () => {
    const queue = new ByteQueue();
    const chunk = Buffer.from(new ArrayBuffer(READ_BYTES));
    queue.push(chunk);
    expect(queue.peek(10).buffer).toBe(chunk.buffer);
    queue.skip(20);
    const view = queue.take(10);
    expect(view.buffer).toBe(chunk.buffer);
    expect(view.byteOffset).toBe(20);
  });

  test('bytes that span chunks come out as one copy', () => {
    const queue = new ByteQueue();
    const chunks = [Buffer.alloc(2000, 'a'), Buffer.alloc(2000, 'b'), Buffer.alloc(2000, 'c')];
    for (const chunk of chunks) queue.push(chunk);
    let isView: boolean | undefined;
    const { copiedBytes } = countWork(() => {
      const bytes = queue.take(5000);
      isView = chunks.some((chunk) => chunk.buffer === bytes.buffer);
    });
    expect(isView).toBe(false);
    expect(copiedBytes).toBe(5000);
  });

  test('a small chunk is copied at once, so its owner may reuse it', () => {
    const queue = new ByteQueue();
    const chunk = Buffer.from('abc');
    queue.push(chunk);
    chunk.fill(0);
    expect(queue.take(3).toString()).toBe('abc');
  });

  test('small chunks that arrived apart come out as one view', () => {
    const queue = new ByteQueue();
    for (const letter of 'abcdef') queue.push(Buffer.from(letter));
    let text = '';
    const { copiedBytes } = countWork(() => {
      text = queue.take(6).toString();
    });
    expect(text).toBe('abcdef');
    expect(copiedBytes).toBe(0);
  });
});

describe('memory', () => {
  test('ten bytes of each of 1 000 reads of 64 KiB do not keep the reads', () => {
    const queue = new ByteQueue();
    for (let n = 0; n < 1000; n++) queue.push(Buffer.from(new ArrayBuffer(READ_BYTES), 0, 10));
    expect(memoryBehind(queue)).toBeLessThanOrEqual(4 * 4096);
  });

  test('the reads behind small views are free to go', async () => {
    const queue = new ByteQueue();
    const reads = pushSmallViews(queue, 20);
    // A WeakRef holds its target until the turn ends.
    await new Promise((resolve) => setImmediate(resolve));
    expect(globalThis.gc).toBeTypeOf('function');
    globalThis.gc?.();
    expect(reads.filter((read) => read.deref() !== undefined)).toHaveLength(0);
    expect(queue.byteLength).toBe(10 * 10 + 10 * 2000);
  });

  test('what it keeps alive is at most eight times its bytes and one block, whatever was pushed', () => {
    const push = fc.record({ size: fc.oneof(fc.nat(30), fc.nat(2500)), backing: fc.constantFrom(0, 5000, READ_BYTES) });
    fc.assert(
      fc.property(fc.array(push, { maxLength: 60 }), (pushes) => {
        const queue = new ByteQueue();
        for (const { size, backing } of pushes) {
          queue.push(Buffer.from(new ArrayBuffer(Math.max(size, backing)), 0, size));
        }
        const { byteLength } = queue;
        expect(memoryBehind(queue)).toBeLessThanOrEqual(8 * byteLength + 4096);
      }),
      settings,
    );
  });

  test('a small chunk between two large ones goes on in the block of the last small one', () => {
    const queue = new ByteQueue();
    const large: Buffer[] = [];
    for (let n = 0; n < 10; n++) {
      large.push(Buffer.from(new ArrayBuffer(1024)));
      queue.push(large[n] as Buffer);
      queue.push(Buffer.from('x'));
    }
    expect(memoryBehind(queue)).toBe(10 * 1024 + 4096);
  });

  test('an emptied queue keeps nothing', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from('abc'));
    const first = queue.take(3);
    queue.push(Buffer.from('def'));
    expect(queue.take(3).buffer).not.toBe(first.buffer);
  });
});

describe('work', () => {
  test.each([1, 10, 1000, 1460, 65_536])('chunks of %d bytes are copied once going out, small ones once going in', (chunkBytes) => {
    const total = (chunkBytes < 1000 ? 1 : 16) * 1024 * 1024;
    const queue = new ByteQueue();
    const chunk = Buffer.from(new ArrayBuffer(chunkBytes));
    const pushed = countWork(() => {
      for (let bytes = 0; bytes < total; bytes += chunkBytes) queue.push(chunk);
    });
    const { byteLength } = queue;
    const taken = countWork(() => queue.take(byteLength));
    expect(pushed.copiedBytes).toBe(chunkBytes < 1024 ? byteLength : 0);
    expect(taken.copiedBytes).toBe(byteLength);
  });

  test('a search that goes on from where it stopped looks at each byte once', () => {
    const queue = new ByteQueue();
    let searched = 0;
    let found = false;
    const { searchedBytes } = countWork(() => {
      for (let n = 0; n < 2000; n++) {
        queue.push(Buffer.from(new ArrayBuffer(1460)));
        found ||= queue.indexOf(0x0a, searched) !== -1;
        searched = queue.byteLength;
      }
    });
    expect(found).toBe(false);
    expect(searchedBytes).toBe(searched);
  });

  test('many small reads out of many chunks move each slot at most twice', () => {
    const chunks = 20_000;
    const queue = new ByteQueue();
    for (let n = 0; n < chunks; n++) queue.push(Buffer.from(new ArrayBuffer(1024)));
    const { movedSlots } = countWork(() => {
      while (queue.byteLength > 0) queue.skip(512);
    });
    expect(movedSlots).toBeLessThanOrEqual(2 * chunks);
  });

  test('a queue that never runs empty does not grow its list', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from(new ArrayBuffer(1024)));
    const { movedSlots } = countWork(() => {
      for (let n = 0; n < 20_000; n++) {
        queue.push(Buffer.from(new ArrayBuffer(1024)));
        queue.skip(1024);
      }
    });
    expect(queue.byteLength).toBe(1024);
    expect(movedSlots).toBeGreaterThan(0);
    expect(movedSlots).toBeLessThan(2000);
  });
});
