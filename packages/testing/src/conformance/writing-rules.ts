// What `write`, `cork` and the counters promise to the one who writes.
import assert from 'node:assert/strict';
import type { Rule } from './rule.js';

const MARK_BYTES = 64 * 1024;
/** More than any kernel or window takes from a writer whose peer does not read. */
const STALLING_BYTES = 16 * 1024 * 1024;

type WriteError = (NodeJS.ErrnoException | null | undefined)[];

export const writingRules: readonly Rule[] = [
  {
    name: 'the mark is 64 KiB',
    async check(trial) {
      for (const { socket } of await trial.open()) assert.equal(socket.writableHighWaterMark, MARK_BYTES);
    },
  },
  {
    name: 'write gives true below the mark and false at it, and drain comes when the bytes have left',
    async check(trial) {
      const [a, b] = await trial.open();
      b.socket.resume();
      const mark = a.socket.writableHighWaterMark;
      // Corked, because a kernel may take the bytes before `write` returns.
      a.socket.cork();
      assert.equal(a.socket.write(Buffer.alloc(mark - 1)), true);
      a.socket.uncork();
      await trial.until(() => a.socket.writableLength === 0);
      await trial.quiet();
      assert.deepEqual(a.events, [], 'drain came though write had given true');
      a.socket.cork();
      assert.equal(a.socket.write(Buffer.alloc(mark - 1)), true);
      assert.equal(a.socket.writableNeedDrain, false);
      assert.equal(a.socket.write(Buffer.alloc(1)), false);
      assert.equal(a.socket.writableNeedDrain, true);
      assert.equal(a.socket.writableLength, mark);
      a.socket.uncork();
      await trial.until(() => a.has('drain'));
      assert.equal(a.socket.writableNeedDrain, false);
    },
  },
  {
    name: 'drain never comes after destroy',
    async check(trial) {
      const [a, b] = await trial.open();
      assert.equal(a.socket.write(Buffer.alloc(STALLING_BYTES)), false);
      a.socket.destroy();
      b.socket.resume();
      await trial.until(() => a.isClosed);
      await trial.quiet();
      assert.equal(a.has('drain'), false);
    },
  },
  {
    name: 'a write of no bytes sends nothing, counts nothing and calls back',
    async check(trial) {
      const [a, b] = await trial.open();
      const called: string[] = [];
      assert.equal(a.socket.write('', () => called.push('text')), true);
      assert.equal(a.socket.write(new Uint8Array(0), () => called.push('bytes')), true);
      b.read();
      a.socket.write('x');
      await trial.until(() => b.receivedBytes > 0 && called.length === 2);
      assert.equal(b.received.toString(), 'x');
      assert.equal(b.chunks.length, 1, 'an empty chunk arrived');
    },
  },
  {
    name: 'text leaves as UTF-8, and a Uint8Array as its bytes',
    async check(trial) {
      const [a, b] = await trial.open();
      b.read();
      a.socket.write('é😀');
      a.socket.write(new Uint8Array([1, 2, 3, 4]).subarray(1, 3));
      await trial.until(() => b.receivedBytes >= 8);
      assert.equal(b.received.toString('hex'), 'c3a9f09f98800203');
    },
  },
  {
    name: 'a write after end fails with ERR_STREAM_WRITE_AFTER_END, as an error and in its callback',
    async check(trial) {
      const [a, b] = await trial.open();
      const told: WriteError = [];
      b.socket.resume();
      a.socket.end();
      a.socket.write('late', (error) => told.push(error));
      await trial.until(() => told.length > 0 && a.isClosed);
      assert.equal(told[0]?.code, 'ERR_STREAM_WRITE_AFTER_END');
      assert.deepEqual(
        a.errors.map((error) => (error as NodeJS.ErrnoException).code),
        ['ERR_STREAM_WRITE_AFTER_END'],
      );
    },
  },
  {
    name: 'a write after destroy gives false and fails with ERR_STREAM_DESTROYED, in its callback only',
    async check(trial) {
      const [a] = await trial.open();
      const told: WriteError = [];
      a.socket.destroy();
      assert.equal(a.socket.write('late', (error) => told.push(error)), false);
      await trial.until(() => told.length > 0 && a.isClosed);
      assert.equal(told[0]?.code, 'ERR_STREAM_DESTROYED');
      assert.deepEqual(a.errors, []);
    },
  },
  {
    name: 'destroy settles every write that is pending',
    async check(trial) {
      const [a] = await trial.open();
      let settled = 0;
      a.socket.write(Buffer.alloc(STALLING_BYTES), () => settled++);
      a.socket.write('x', () => settled++);
      a.socket.write('y', () => settled++);
      await trial.quiet();
      assert.equal(settled, 0, 'a write that nobody reads was called back');
      a.socket.destroy();
      await trial.until(() => settled === 3);
    },
  },
  {
    name: 'a write that is stalled does not hold up reading',
    async check(trial) {
      const [a, b] = await trial.open();
      a.read().socket.write(Buffer.alloc(STALLING_BYTES));
      await trial.quiet();
      assert.ok(a.socket.writableLength > 0, 'the write was not stalled');
      b.socket.write('still here');
      await trial.until(() => a.receivedBytes >= 10);
      assert.equal(a.received.toString(), 'still here');
    },
  },
  {
    name: 'bytesRead and bytesWritten are exact, with and without a reader, and after close',
    async check(trial) {
      const [a, b] = await trial.open();
      a.socket.cork();
      a.socket.write('é');
      a.socket.write(Buffer.alloc(998));
      assert.equal(a.socket.bytesWritten, 1000, 'what is queued must count');
      a.socket.uncork();
      await trial.until(() => b.socket.bytesRead >= 1000);
      await trial.quiet();
      assert.equal(b.socket.bytesRead, 1000);
      a.socket.resume();
      b.socket.resume();
      a.socket.end(Buffer.alloc(24));
      await trial.until(() => a.isClosed && b.isClosed);
      assert.deepEqual([a.socket.bytesWritten, a.socket.bytesRead], [1024, 0]);
      assert.deepEqual([b.socket.bytesWritten, b.socket.bytesRead], [0, 1024]);
    },
  },
  {
    name: 'cork holds writes back until the last uncork',
    async check(trial) {
      const [a, b] = await trial.open();
      b.read();
      a.socket.cork();
      a.socket.cork();
      a.socket.write('one,');
      a.socket.write('two');
      a.socket.uncork();
      await trial.quiet();
      assert.equal(b.receivedBytes, 0, 'a corked write left');
      a.socket.uncork();
      await trial.until(() => b.receivedBytes >= 7);
      assert.equal(b.received.toString(), 'one,two');
    },
  },
  {
    name: 'end sends what is corked',
    async check(trial) {
      const [a, b] = await trial.open();
      b.read();
      a.socket.cork();
      a.socket.write('corked,');
      a.socket.end('last');
      await trial.until(() => b.has('end'));
      assert.equal(b.received.toString(), 'corked,last');
    },
  },
  {
    name: 'setNoDelay and setKeepAlive give the socket back',
    async check(trial) {
      for (const { socket } of await trial.open()) {
        assert.equal(socket.setNoDelay(true), socket);
        assert.equal(socket.setKeepAlive(true, 60_000), socket);
      }
    },
  },
];
