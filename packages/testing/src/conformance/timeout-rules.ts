// `setTimeout`: the ReadTimeout and the Past-, Present- and FutureTimeout of Go's nettest, in the terms of Node, where a
// timeout only tells.
import assert from 'node:assert/strict';
import { setTimeout as after } from 'node:timers/promises';
import type { TCPSocket } from '@verb-tcp/socket';
import type { Rule } from './rule.js';
import type { Trial } from './trial.js';

/** Far more than a case may take. */
const NEVER = 600_000;

export const timeoutRules: readonly Rule[] = [
  {
    name: 'a timeout is told once while nothing moves',
    async check(trial) {
      const [a] = await trial.open();
      a.socket.setTimeout(20);
      await trial.until(() => a.has('timeout'));
      await trial.quiet(100);
      assert.equal(a.count('timeout'), 1);
    },
  },
  {
    name: 'a timeout is told again when bytes have moved since',
    async check(trial) {
      const [a, b] = await trial.open();
      a.read().socket.setTimeout(20);
      await trial.until(() => a.count('timeout') >= 1);
      b.socket.write('in');
      await trial.until(() => a.count('timeout') >= 2);
      a.socket.write('out');
      await trial.until(() => a.count('timeout') >= 3);
      assert.deepEqual(a.errors, []);
    },
  },
  {
    name: 'bytes that move begin the period anew',
    async check(trial) {
      // A stall of half a period makes a good socket look bad, never a bad one good. It does not grow with the period.
      let isToldLater = false;
      for (let period = 200; !isToldLater && period <= 1600; period *= 2) isToldLater = await isToldLate(trial, period);
      assert.ok(isToldLater, 'told as if no bytes had moved');
    },
  },
  {
    name: 'a timeout of 0 switches it off',
    async check(trial) {
      const [a] = await trial.open();
      a.socket.setTimeout(20);
      a.socket.setTimeout(0);
      await trial.quiet(80);
      assert.deepEqual(a.events, []);
    },
  },
  {
    name: 'a timeout set while another runs takes its place',
    async check(trial) {
      const [a, b] = await trial.open();
      a.socket.setTimeout(NEVER);
      a.socket.setTimeout(20);
      b.socket.setTimeout(20);
      b.socket.setTimeout(NEVER);
      await trial.until(() => a.has('timeout'));
      await trial.quiet(60);
      assert.deepEqual(b.events, []);
    },
  },
  {
    name: 'a timeout closes nothing: both directions go on',
    async check(trial) {
      const [a, b] = await trial.open();
      a.read().socket.setTimeout(20);
      b.read();
      await trial.until(() => a.has('timeout'));
      a.socket.setTimeout(0);
      a.socket.write('out');
      b.socket.write('in');
      await trial.until(() => a.receivedBytes >= 2 && b.receivedBytes >= 3);
      assert.equal(a.socket.destroyed, false);
    },
  },
  {
    name: 'no timeout is told after destroy',
    async check(trial) {
      const [a] = await trial.open();
      a.socket.setTimeout(30);
      a.socket.destroy();
      await trial.until(() => a.isClosed);
      await trial.quiet(80);
      assert.equal(a.has('timeout'), false);
    },
  },
  {
    name: 'a callback given to setTimeout is called with the event',
    async check(trial) {
      const [a] = await trial.open();
      let calls = 0;
      assert.equal(a.socket.setTimeout(20, () => calls++), a.socket);
      await trial.until(() => a.has('timeout'));
      assert.equal(calls, 1);
    },
  },
  {
    name: 'a timeout does not keep the process alive',
    async check(trial) {
      const [a] = await trial.open();
      const before = activeTimers();
      a.socket.setTimeout(NEVER);
      assert.equal(activeTimers(), before, 'the timer must be unref\'ed');
    },
  },
  {
    name: 'unref gives the socket back and changes nothing for its bytes',
    needs: 'unref',
    async check(trial) {
      const [a, b] = await trial.open();
      const socket = a.socket as TCPSocket & { unref(): unknown };
      const before = process.getActiveResourcesInfo().length;
      assert.equal(socket.unref(), socket);
      assert.ok(process.getActiveResourcesInfo().length <= before, 'unref added something that keeps the process alive');
      a.read();
      b.read().socket.on('data', (chunk) => b.socket.write(chunk));
      a.socket.write('there and back');
      await trial.until(() => a.receivedBytes >= 14);
      assert.equal(a.received.toString(), 'there and back');
    },
    async checkLack(trial) {
      const [a] = await trial.open();
      assert.equal('unref' in a.socket, false, 'it has unref, so do not declare that it has none');
    },
  },
];

/** Whether nothing is told between the end of the first period and the end of the one that the bytes began anew. */
async function isToldLate(trial: Trial, period: number): Promise<boolean> {
  const [a, b] = await trial.open();
  a.read();
  const between = after(period * 1.25);
  a.socket.setTimeout(period);
  await after(period / 2);
  b.socket.write('in');
  await between;
  return a.receivedBytes > 0 && !a.has('timeout');
}

function activeTimers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}
