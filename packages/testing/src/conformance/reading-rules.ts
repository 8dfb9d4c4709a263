// What the flow promises to the one who reads.
import assert from 'node:assert/strict';
import type { TCPSocket } from '@verb-tcp/socket';
import type { Rule } from './rule.js';
import { nextTurn, type End, type Trial } from './trial.js';

const KIB = 1024;

type Iterable = TCPSocket & AsyncIterable<Buffer>;

export const readingRules: readonly Rule[] = [
  {
    name: 'a listener that comes late has lost nothing',
    async check(trial) {
      const [a, b] = await trial.open();
      a.socket.end(Buffer.alloc(10_000, 'early'));
      await trial.until(() => b.socket.bytesRead >= 10_000);
      await trial.quiet();
      assert.deepEqual(b.events, [], 'the stream ended before anybody read it');
      b.read();
      await trial.until(() => b.has('end'));
      assert.equal(b.receivedBytes, 10_000);
    },
  },
  {
    name: 'after pause within a listener no data comes until resume',
    async check(trial) {
      const [a, b] = await trial.open();
      b.read().socket.once('data', () => b.socket.pause());
      for (let piece = 0; piece < 100; piece++) {
        a.socket.write(Buffer.alloc(KIB, piece));
        if (piece % 10 === 9) await nextTurn();
      }
      await trial.until(() => b.chunks.length > 0);
      await trial.quiet();
      assert.equal(b.chunks.length, 1, 'data came after pause');
      assert.equal(b.socket.isPaused(), true);
      b.socket.resume();
      assert.equal(b.socket.isPaused(), false);
      await trial.until(() => b.receivedBytes >= 100 * KIB);
      const expected = Buffer.concat(Array.from({ length: 100 }, (_, piece) => Buffer.alloc(KIB, piece)));
      assert.ok(b.received.equals(expected), 'the bytes differ');
    },
  },
  {
    name: 'a paused socket takes in no more than its mark and one chunk',
    async check(trial) {
      const [a, b] = await trial.open();
      b.socket.pause();
      for (let piece = 0; piece < 64; piece++) a.socket.write(Buffer.alloc(16 * KIB));
      await trial.until(() => b.socket.bytesRead >= b.socket.writableHighWaterMark);
      await trial.quiet();
      const most = b.socket.writableHighWaterMark + 64 * KIB;
      assert.ok(b.socket.bytesRead <= most, `${b.socket.bytesRead} bytes were read, ${most} at most may be`);
    },
  },
  {
    name: 'unshift puts bytes in front of what is unread',
    async check(trial) {
      const [a, b] = await trial.open();
      a.socket.write('head,');
      b.read();
      await trial.until(() => b.receivedBytes >= 5);
      b.socket.pause();
      b.stopReading();
      a.socket.write('tail');
      await trial.until(() => b.socket.bytesRead >= 9);
      b.socket.unshift(Buffer.from('body,'));
      b.read().socket.resume();
      await trial.until(() => b.receivedBytes >= 14);
      assert.equal(b.received.toString(), 'head,body,tail');
    },
  },
  {
    name: 'setEncoding gives text that is cut between characters only',
    async check(trial) {
      const [a, b] = await trial.open();
      const texts: unknown[] = [];
      assert.equal(b.socket.readableEncoding, null);
      b.socket.setEncoding('utf8').on('data', (text) => texts.push(text));
      assert.equal(b.socket.readableEncoding, 'utf8');
      for (const byte of Buffer.from('é😀')) {
        a.socket.write(Buffer.of(byte));
        await trial.quiet(2);
      }
      await trial.until(() => texts.join('').length >= 3);
      assert.equal(texts.join(''), 'é😀');
    },
  },
  {
    name: 'readable and writable are true until the end of their direction',
    async check(trial) {
      const [a, b] = await trial.open({ allowHalfOpen: true });
      b.socket.resume();
      assert.deepEqual(stateOf(a), [true, true, false]);
      a.socket.end();
      assert.deepEqual(stateOf(a), [true, false, false]);
      await trial.until(() => b.has('end'));
      assert.deepEqual(stateOf(b), [false, true, false]);
      b.socket.destroy();
      assert.deepEqual(stateOf(b), [false, false, true]);
    },
  },
  {
    name: 'for await gives every byte and ends with the stream',
    needs: 'asyncIterator',
    async check(trial) {
      const [a, b] = await trial.open();
      a.socket.end(Buffer.alloc(200 * KIB, 'i'));
      let bytes = 0;
      for await (const chunk of b.socket as Iterable) bytes += chunk.length;
      assert.equal(bytes, 200 * KIB);
    },
    checkLack: hasNoIterator,
  },
  {
    name: 'leaving for await destroys the socket, and the peer sees an end',
    needs: 'asyncIterator',
    async check(trial) {
      const [a, b] = await trial.open();
      a.read().socket.write('x');
      for await (const chunk of b.socket as Iterable) if (chunk.length > 0) break;
      assert.equal(b.socket.destroyed, true);
      await trial.until(() => a.isClosed && b.isClosed);
      assert.deepEqual(a.events, ['end', 'close false']);
    },
    checkLack: hasNoIterator,
  },
  {
    name: 'destroy settles a for await that waits',
    needs: 'asyncIterator',
    async check(trial) {
      const [a] = await trial.open();
      const waiting = (a.socket as Iterable)[Symbol.asyncIterator]().next();
      await nextTurn();
      a.socket.destroy();
      await Promise.allSettled([waiting]);
    },
    checkLack: hasNoIterator,
  },
];

function stateOf({ socket }: End): [readable: boolean, writable: boolean, destroyed: boolean] {
  return [socket.readable, socket.writable, socket.destroyed];
}

async function hasNoIterator(trial: Trial): Promise<void> {
  const [a] = await trial.open();
  assert.equal(Symbol.asyncIterator in a.socket, false, 'it can be iterated, so do not declare that it cannot');
}
