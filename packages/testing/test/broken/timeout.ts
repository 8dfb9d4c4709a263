// Sockets that break one rule of `src/conformance/timeout-rules.ts` each, in the same order.
import { NEVER, replace, tellLater, type BrokenSocket } from './damage.js';

export const brokenTimeout: readonly BrokenSocket[] = [
  {
    rule: 'a timeout is told once while nothing moves',
    how: 'tells it again',
    damage: (socket) => socket.once('timeout', () => tellLater(socket, 30)),
  },
  {
    rule: 'a timeout is told again when bytes have moved since',
    how: 'switches itself off',
    hangs: true,
    damage: (socket) => socket.on('timeout', () => socket.setTimeout(0)),
  },
  {
    rule: 'bytes that move begin the period anew',
    how: 'takes no notice of them',
    damage: (socket) =>
      replace(socket, 'setTimeout', (start) => (timeout, callback) => {
        if (timeout >= 200 && timeout < NEVER) tellLater(socket, timeout);
        return start(timeout, callback);
      }),
  },
  {
    rule: 'a timeout of 0 switches it off',
    how: 'ignores 0',
    damage: (socket) =>
      replace(socket, 'setTimeout', (start) => (timeout, callback) => (timeout === 0 ? socket : start(timeout, callback))),
  },
  {
    rule: 'a timeout set while another runs takes its place',
    how: 'keeps the shorter one',
    damage: (socket) => {
      let running = NEVER;
      replace(socket, 'setTimeout', (start) => (timeout, callback) => {
        if (timeout > running) return socket;
        running = timeout;
        return start(timeout, callback);
      });
    },
  },
  {
    rule: 'a timeout closes nothing: both directions go on',
    how: 'is destroyed when a timeout that was told is switched off',
    hangs: true,
    damage: (socket) => {
      let isTold = false;
      socket.once('timeout', () => (isTold = true));
      replace(socket, 'setTimeout', (start) => (timeout, callback) => {
        if (timeout === 0 && isTold) socket.destroy();
        return start(timeout, callback);
      });
    },
  },
  {
    rule: 'no timeout is told after destroy',
    how: 'forgets to stop the timer',
    damage: (socket) =>
      replace(socket, 'setTimeout', (start) => (timeout, callback) => {
        if (timeout === 30) socket.once('close', () => tellLater(socket, timeout));
        return start(timeout, callback);
      }),
  },
  {
    rule: 'a callback given to setTimeout is called with the event',
    how: 'ignores the callback',
    damage: (socket) => replace(socket, 'setTimeout', (start) => (timeout) => start(timeout)),
  },
  {
    rule: 'a timeout does not keep the process alive',
    how: 'holds the process',
    damage: (socket) =>
      replace(socket, 'setTimeout', (start) => (timeout, callback) => {
        const timer = setTimeout(() => {}, timeout);
        if (timeout > 0) socket.once('close', () => clearTimeout(timer));
        return start(timeout, callback);
      }),
  },
  {
    rule: 'unref gives the socket back and changes nothing for its bytes',
    how: 'gives nothing back',
    damage: (socket) => replace(socket, 'unref', () => () => undefined),
  },
];
