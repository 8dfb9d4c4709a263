// Sockets that break one rule of `src/conformance/writing-rules.ts` each, in the same order.
import { MIB, replace, replaceGetter, type BrokenSocket } from './damage.js';

export const brokenWriting: readonly BrokenSocket[] = [
  { rule: 'the mark is 64 KiB', how: 'has a mark of 32 KiB', pairOptions: { highWaterMarkBytes: 32 * 1024 } },
  {
    rule: 'write gives true below the mark and false at it, and drain comes when the bytes have left',
    how: 'never says that it needs a drain',
    damage: (socket) => replaceGetter(socket, 'writableNeedDrain', () => false),
  },
  {
    rule: 'drain never comes after destroy',
    how: 'emits drain at destroy',
    damage: (socket) =>
      replace(socket, 'destroy', (destroy) => (error) => {
        if (!error && !socket.destroyed && socket.writableNeedDrain) process.nextTick(() => socket.emit('drain'));
        return destroy(error);
      }),
  },
  {
    rule: 'a write of no bytes sends nothing, counts nothing and calls back',
    how: 'delivers empty chunks',
    damage: (socket, peer) =>
      replace(socket, 'write', (write) => (data, ...rest) => {
        if (data.length === 0) setImmediate(() => peer.emit('data', Buffer.alloc(0)));
        return write(data, ...rest);
      }),
  },
  {
    rule: 'text leaves as UTF-8, and a Uint8Array as its bytes',
    how: 'writes text as Latin-1',
    damage: (socket) =>
      replace(socket, 'write', (write) => (data, ...rest) => {
        const isHit = typeof data === 'string' && data.includes('😀');
        return write(isHit ? Buffer.alloc(8, Buffer.from(data, 'latin1')) : data, ...rest);
      }),
  },
  {
    rule: 'a write after end fails with ERR_STREAM_WRITE_AFTER_END, as an error and in its callback',
    how: 'fails without a code',
    damage: (socket) =>
      replace(socket, 'write', (write) => (data, callback, ...rest) => {
        if (!socket.writableEnded || socket.destroyed) return write(data, callback, ...rest);
        const error = new Error('ended');
        if (callback !== undefined) process.nextTick(callback, error);
        socket.destroy(error);
        return false;
      }),
  },
  {
    rule: 'a write after destroy gives false and fails with ERR_STREAM_DESTROYED, in its callback only',
    how: 'tells its callback that all is well',
    damage: (socket) =>
      replace(socket, 'write', (write) => (data, callback, ...rest) => {
        if (!socket.destroyed) return write(data, callback, ...rest);
        process.nextTick(callback);
        return false;
      }),
  },
  {
    rule: 'destroy settles every write that is pending',
    how: 'forgets the callbacks',
    hangs: true,
    damage: (socket) =>
      replace(socket, 'write', (write) => (data, callback) => {
        if (socket.destroyed || socket.writableEnded || callback === undefined) return write(data, callback);
        return write(data, (error: unknown) => socket.destroyed || callback(error));
      }),
  },
  {
    rule: 'a write that is stalled does not hold up reading',
    how: 'loses what arrives while a write is stalled',
    hangs: true,
    damage: (socket) =>
      replace(socket, 'push', (push) => (chunk) => (chunk !== null && socket.writableLength > MIB) || push(chunk)),
  },
  {
    rule: 'bytesRead and bytesWritten are exact, with and without a reader, and after close',
    how: 'does not count what is queued',
    damage: (socket) => {
      const getter = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(socket), 'bytesWritten')?.get;
      replaceGetter(socket, 'bytesWritten', () => getter?.call(socket) - socket.writableLength);
    },
  },
  {
    rule: 'cork holds writes back until the last uncork',
    how: 'does not nest',
    damage: (socket) => replace(socket, 'cork', (cork) => () => socket.writableCorked > 0 || cork()),
  },
  {
    rule: 'end sends what is corked',
    how: 'loses the last bytes where it was corked',
    damage: (socket) =>
      replace(socket, 'end', (end) => (...values) => (socket.writableCorked > 0 ? end() : end(...values))),
  },
  {
    rule: 'setNoDelay and setKeepAlive give the socket back',
    how: 'gives nothing back',
    damage: (socket) => replace(socket, 'setKeepAlive', () => () => undefined),
  },
];
