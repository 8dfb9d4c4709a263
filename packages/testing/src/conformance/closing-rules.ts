// How connections end, and what each end sees of it.
import assert from 'node:assert/strict';
import type { Rule } from './rule.js';
import type { End, Trial } from './trial.js';

const STALLING_BYTES = 16 * 1024 * 1024;
const RESET_CODES = ['ECONNRESET', 'EPIPE'];

export const closingRules: readonly Rule[] = [
  {
    name: 'end delivers everything and is a clean end to the peer',
    async check(trial) {
      const [a, b] = await trial.open();
      b.read();
      a.socket.write(Buffer.alloc(1_000_000, 'a'));
      a.socket.end('last');
      await trial.until(() => b.isClosed);
      assert.equal(b.receivedBytes, 1_000_004);
      assert.deepEqual(b.events, ['end', 'close false']);
    },
  },
  {
    name: 'destroy is a clean end to the peer',
    async check(trial) {
      const [a, b] = await trial.open();
      b.socket.resume();
      a.socket.destroy();
      await trial.until(() => b.isClosed);
      assert.deepEqual(b.events, ['end', 'close false']);
    },
  },
  {
    name: 'destroy drops what is queued',
    async check(trial) {
      const [a, b] = await trial.open();
      a.socket.write(Buffer.alloc(STALLING_BYTES));
      await trial.quiet();
      a.socket.destroy();
      b.read();
      await trial.until(() => b.isClosed);
      assert.ok(b.receivedBytes < STALLING_BYTES, 'everything was delivered');
      assert.deepEqual(b.errors, []);
    },
  },
  {
    name: 'destroy with unread input is a reset to the peer',
    needs: 'reset',
    async check(trial) {
      const [, b] = await destroyUnread(trial);
      const [error, close] = b.events;
      assert.ok(RESET_CODES.includes(error?.split(' ')[1] ?? ''), `the peer saw: ${b.events.join(', ')}`);
      assert.equal(close, 'close true');
    },
    async checkLack(trial) {
      const [, b] = await destroyUnread(trial);
      assert.deepEqual(b.errors, [], 'the peer was reset, so do not declare that it is not');
    },
  },
  {
    name: 'destroy with an error emits it once, then close with hadError',
    async check(trial) {
      const [a, b] = await trial.open();
      b.socket.resume();
      const error = new Error('reason');
      a.socket.destroy(error);
      a.socket.destroy(new Error('too late'));
      await trial.until(() => a.isClosed && b.isClosed);
      assert.deepEqual(a.events, ['error reason', 'close true']);
      assert.equal(a.errors[0], error);
    },
  },
  {
    name: 'with allowHalfOpen an end that was ended goes on receiving, either way round',
    async check(trial) {
      for (const order of ['first', 'second']) {
        const ends = await trial.open({ allowHalfOpen: true });
        const [ended, open] = order === 'first' ? ends : [ends[1], ends[0]];
        open.read();
        ended.read().socket.end('question');
        await trial.until(() => open.has('end'));
        open.socket.write('late ');
        await trial.quiet();
        assert.deepEqual([open.isClosed, ended.isClosed], [false, false], 'it closed half open');
        open.socket.end('answer');
        await trial.until(() => open.isClosed && ended.isClosed);
        assert.equal(ended.received.toString(), 'late answer');
      }
    },
  },
  {
    name: 'without allowHalfOpen an end is answered with an end, either way round',
    async check(trial) {
      for (const order of ['first', 'second']) {
        const ends = await trial.open();
        const [ended, open] = order === 'first' ? ends : [ends[1], ends[0]];
        ended.read();
        open.read();
        ended.socket.end();
        await trial.until(() => open.isClosed && ended.isClosed);
        assert.deepEqual([...ended.errors, ...open.errors], []);
        assert.deepEqual([ended.has('end'), open.has('end')], [true, true]);
      }
    },
  },
  {
    name: 'end, finish and close come in this order',
    async check(trial) {
      const [a, b] = await trial.open({ allowHalfOpen: true });
      b.read().socket.on('end', () => b.socket.end(undefined, () => b.events.push('finish')));
      a.read().socket.end();
      await trial.until(() => b.isClosed);
      assert.deepEqual(b.events, ['end', 'finish', 'close false']);
    },
  },
  {
    name: 'close comes once and last, however a socket ends',
    async check(trial) {
      const ways: ((a: End, b: End) => void)[] = [
        (a) => a.socket.end(),
        (a) => a.socket.destroy(),
        (a) => a.socket.destroy().destroy(),
        (a) => a.socket.end('x').destroy(),
        (a, b) => (a.socket.end(), b.socket.end()),
        (a, b) => (a.socket.destroy(), b.socket.destroy()),
        (a) => a.socket.destroy(new Error('reason')),
      ];
      for (const way of ways) {
        const [a, b] = await trial.open();
        way(a.read(), b.read());
        await trial.until(() => a.isClosed && b.isClosed);
        a.socket.destroy();
        await trial.quiet(5);
        for (const { events } of [a, b]) {
          assert.equal(events.filter((event) => event.startsWith('close')).length, 1, events.join(', '));
          assert.match(events.at(-1) ?? '', /^close/);
        }
      }
    },
  },
  {
    name: 'an end with unread input closes only when that is read',
    async check(trial) {
      const [a, b] = await trial.open();
      a.socket.end(Buffer.alloc(10_000));
      b.socket.end();
      await trial.until(() => b.socket.bytesRead >= 10_000);
      await trial.quiet();
      assert.deepEqual(b.events, []);
      b.read();
      await trial.until(() => b.isClosed);
      assert.equal(b.receivedBytes, 10_000);
    },
  },
  {
    name: 'ends that have nothing unread close without anybody reading',
    async check(trial) {
      const [a, b] = await trial.open();
      a.socket.end();
      b.socket.end();
      await trial.until(() => a.isClosed && b.isClosed);
      assert.deepEqual([...a.errors, ...b.errors], []);
    },
  },
  {
    name: 'addresses mirror each other, and the remote ones stay after close once they were read',
    needs: 'addresses',
    async check(trial) {
      const [a, b] = await trial.open();
      const [remoteOfA, remoteOfB] = [remoteOf(a), remoteOf(b)];
      for (const part of [...remoteOfA, ...remoteOfB]) assert.notEqual(part, undefined);
      assert.deepEqual([localOf(b), localOf(a)], [remoteOfA, remoteOfB]);
      await closeBoth(trial, a, b);
      assert.deepEqual([remoteOf(a), remoteOf(b)], [remoteOfA, remoteOfB]);
    },
    async checkLack(trial) {
      const [a, b] = await trial.open();
      for (const end of [a, b]) {
        const parts = [...localOf(end), ...remoteOf(end)];
        assert.deepEqual(parts, Array(4).fill(undefined), 'it has addresses, so do not declare that it has none');
      }
      await closeBoth(trial, a, b);
      assert.deepEqual([...remoteOf(a), ...remoteOf(b)], Array(4).fill(undefined));
    },
  },
];

/** One end has far more unread than its mark and is destroyed. */
async function destroyUnread(trial: Trial): Promise<[End, End]> {
  const [a, b] = await trial.open();
  b.socket.write(Buffer.alloc(STALLING_BYTES));
  await trial.until(() => a.socket.bytesRead >= a.socket.writableHighWaterMark);
  await trial.quiet();
  b.socket.resume();
  a.socket.destroy();
  await trial.until(() => b.isClosed);
  return [a, b];
}

async function closeBoth(trial: Trial, a: End, b: End): Promise<void> {
  a.socket.destroy();
  b.socket.destroy();
  await trial.until(() => a.isClosed && b.isClosed);
}

function localOf({ socket }: End): (string | number | undefined)[] {
  return [socket.localAddress, socket.localPort];
}

function remoteOf({ socket }: End): (string | number | undefined)[] {
  return [socket.remoteAddress, socket.remotePort];
}
