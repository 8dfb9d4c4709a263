// Sockets that break one rule of `src/conformance/closing-rules.ts` each, in the same order.
import { MIB, replace, replaceGetter, type BrokenSocket } from './damage.js';

export const brokenClosing: readonly BrokenSocket[] = [
  {
    rule: 'end delivers everything and is a clean end to the peer',
    how: 'loses the bytes given to end after many others',
    damage: (socket) =>
      replace(socket, 'end', (end) => (...values) => (socket.bytesWritten >= 1_000_000 ? end() : end(...values))),
  },
  {
    rule: 'destroy is a clean end to the peer',
    how: 'resets an untouched connection',
    damage: (socket) => {
      let isResetting = false;
      replace(socket, 'destroy', (destroy) => (error) => {
        const isUntouched = socket.bytesRead + socket.bytesWritten === 0 && !socket.writableEnded;
        if (isResetting || !isUntouched || socket.destroyed || error) return destroy(error);
        isResetting = true;
        return socket.resetAndDestroy();
      });
    },
  },
  {
    rule: 'destroy drops what is queued',
    how: 'delivers everything first',
    damage: (socket) => {
      let hasCallback = false;
      replace(socket, 'write', (write) => (data, callback) => {
        hasCallback ||= callback !== undefined;
        return write(data, callback);
      });
      replace(socket, 'destroy', (destroy) => (error) => {
        if (hasCallback || error || socket.writableLength < MIB) return destroy(error);
        socket.end();
        return socket.once('finish', () => destroy(error));
      });
    },
  },
  {
    rule: 'destroy with unread input is a reset to the peer',
    how: 'hides the reset',
    damage: (socket) =>
      replace(socket, 'destroy', (destroy) => (error) => destroy(error?.code === 'ECONNRESET' ? undefined : error)),
  },
  {
    rule: 'destroy with an error emits it once, then close with hadError',
    how: 'closes without hadError',
    damage: (socket) => {
      let hadCode = false;
      replace(socket, 'emit', (emit) => (event, value) => {
        if (event === 'error') hadCode = value.code !== undefined;
        return emit(event, event === 'close' ? value && hadCode : value);
      });
    },
  },
  {
    rule: 'with allowHalfOpen an end that was ended goes on receiving, either way round',
    how: 'loses what arrives after it has ended',
    damage: (socket) =>
      replace(socket, 'push', (push) => (chunk) => {
        const isLost = chunk !== null && socket.allowHalfOpen && socket.writableEnded;
        return isLost || push(chunk);
      }),
  },
  {
    rule: 'without allowHalfOpen an end is answered with an end, either way round',
    how: 'the first end does not answer where nothing was sent',
    hangs: true,
    damage: (socket, peer) => {
      if (socket.localPort === 8080) return;
      socket.prependListener('end', () => {
        if (socket.bytesRead === 0 && !peer.destroyed) socket.allowHalfOpen = true;
      });
    },
  },
  {
    rule: 'end, finish and close come in this order',
    how: 'finishes after close',
    damage: (socket) =>
      replace(socket, 'end', (end) => (data, callback) => {
        if (callback !== undefined) socket.once('close', callback);
        return end(data);
      }),
  },
  {
    rule: 'close comes once and last, however a socket ends',
    how: 'drains after it has closed',
    damage: (socket, peer) =>
      socket.once('close', () => {
        const isUntouched = socket.bytesRead + socket.bytesWritten === 0 && !socket.allowHalfOpen;
        if (isUntouched && socket.writableEnded && peer.writableEnded) setImmediate(() => socket.emit('drain'));
      }),
  },
  {
    rule: 'an end with unread input closes only when that is read',
    how: 'closes when the peer ends',
    damage: (socket) =>
      replace(socket, 'push', (push) => (chunk) => {
        if (chunk === null && socket.writableEnded && socket.readableLength > 0) socket.destroy();
        return push(chunk);
      }),
  },
  {
    rule: 'ends that have nothing unread close without anybody reading',
    how: 'notices the end only when somebody reads',
    hangs: true,
    damage: (socket) => {
      let hasEnded = false;
      replace(socket, 'push', (push) => (chunk) => {
        hasEnded ||= chunk === null;
        return push(chunk);
      });
      replace(socket, 'read', (read) => (size) => (hasEnded && socket.readableFlowing === null ? null : read(size)));
    },
  },
  {
    rule: 'addresses mirror each other, and the remote ones stay after close once they were read',
    how: 'forgets the remote address',
    damage: (socket) => {
      const { remoteAddress } = socket;
      replaceGetter(socket, 'remoteAddress', () => (socket.destroyed ? undefined : remoteAddress));
    },
  },
];
