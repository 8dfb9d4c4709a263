// Sockets that break one rule of `src/conformance/transfer-rules.ts` each, in the same order.
import { corrupt, MIB, replace, type BrokenSocket } from './damage.js';

export const brokenTransfer: readonly BrokenSocket[] = [
  {
    rule: 'one MiB in pieces of one KiB arrives unchanged, in both directions at once',
    how: 'corrupts small writes after half a MiB',
    damage: corrupt((data, socket) => data.length === 1024 && socket.bytesWritten > MIB / 2),
  },
  {
    rule: 'sixteen MiB arrive unchanged against a reader that pauses',
    how: 'corrupts large writes after 8 MiB',
    damage: corrupt((data, socket) => data.length === 65_536 && socket.bytesWritten > 8 * MIB),
  },
  {
    rule: 'a counter of eight bytes goes there and back a thousand times',
    how: 'corrupts the 501st write of eight bytes',
    damage: corrupt((data, socket) => data.length === 8 && socket.bytesWritten === 4000),
  },
  {
    rule: 'ten writers may reuse their buffers after the callback of each write',
    how: 'reads the bytes after it has called back',
    damage: (socket) =>
      replace(socket, 'write', (write) => (data, callback, ...rest) => {
        if (data.length !== 256) return write(data, callback, ...rest);
        process.nextTick(callback);
        setImmediate(() => write(data));
        return true;
      }),
  },
  {
    rule: 'what arrives shares no memory with what was written',
    how: 'hands the buffer of the writer to the reader',
    damage: (socket, peer) => {
      let written: Uint8Array;
      replace(socket, 'write', (write) => (data, ...rest) => {
        written = data;
        return write(data, ...rest);
      });
      replace(peer, 'push', (push) => (chunk) => push(chunk?.length === 100 ? written : chunk));
    },
  },
  {
    rule: 'a hundred random orders of calls close each socket once and leave the process alive',
    how: 'closes twice where it was destroyed while corked',
    damage: (socket) =>
      replace(socket, 'destroy', (destroy) => (error) => {
        if (!socket.destroyed && socket.writableCorked > 0) setImmediate(() => socket.emit('close', false));
        return destroy(error);
      }),
  },
  {
    rule: 'a hundred rounds of calls that change nothing leave the stream whole',
    how: 'corrupts a write after fifty calls of setNoDelay',
    damage: (socket, peer) => {
      let calls = 0;
      replace(socket, 'setNoDelay', (setNoDelay) => (on) => (calls++, setNoDelay(on)));
      corrupt(() => calls === 50)(socket, peer);
    },
  },
];
