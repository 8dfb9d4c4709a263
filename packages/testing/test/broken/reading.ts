// Sockets that break one rule of `src/conformance/reading-rules.ts` each, in the same order.
import { MIB, replace, replaceGetter, type BrokenSocket } from './damage.js';

export const brokenReading: readonly BrokenSocket[] = [
  {
    rule: 'a listener that comes late has lost nothing',
    how: 'throws away what nobody reads when the peer has ended',
    damage: (socket, peer) =>
      replace(socket, 'push', (push) => (chunk) => {
        const isUnread = socket.listenerCount('data') + socket.listenerCount('readable') === 0;
        if (isUnread && peer.writableEnded && !socket.writableEnded) socket.resume();
        return push(chunk);
      }),
  },
  {
    rule: 'after pause within a listener no data comes until resume',
    how: 'pauses on the next turn',
    damage: (socket) => {
      let isInListener = false;
      replace(socket, 'emit', (emit) => (event, ...values) => {
        isInListener = event === 'data';
        try {
          return emit(event, ...values);
        } finally {
          isInListener = false;
        }
      });
      replace(socket, 'pause', (pause) => () => {
        if (!isInListener) return pause();
        setImmediate(pause);
        return socket;
      });
    },
  },
  {
    rule: 'a paused socket takes in no more than its mark and one chunk',
    how: 'takes in half a MiB',
    damage: (socket) => {
      (socket as unknown as { _readableState: { highWaterMark: number } })._readableState.highWaterMark = MIB / 2;
    },
  },
  {
    rule: 'unshift puts bytes in front of what is unread',
    how: 'puts them behind',
    damage: (socket) => replace(socket, 'unshift', () => (chunk) => void socket.push(chunk)),
  },
  {
    rule: 'setEncoding gives text that is cut between characters only',
    how: 'decodes each chunk by itself',
    damage: (socket) =>
      replace(socket, 'setEncoding', () => (encoding) => {
        replaceGetter(socket, 'readableEncoding', () => encoding);
        replace(socket, 'emit', (emit) => (event, value) => emit(event, event === 'data' ? value.toString() : value));
        return socket;
      }),
  },
  {
    rule: 'readable and writable are true until the end of their direction',
    how: 'stays writable after end',
    damage: (socket) => {
      if (socket.allowHalfOpen) replaceGetter(socket, 'writable', () => !socket.destroyed);
    },
  },
  {
    rule: 'for await gives every byte and ends with the stream',
    how: 'loses a byte of the third chunk',
    damage: (socket) =>
      replace(socket, Symbol.asyncIterator, (iterate) =>
        async function* () {
          let chunks = 0;
          for await (const chunk of iterate()) yield ++chunks === 3 ? chunk.subarray(1) : chunk;
        },
      ),
  },
  {
    rule: 'leaving for await destroys the socket, and the peer sees an end',
    how: 'stays open',
    damage: (socket) => replace(socket, Symbol.asyncIterator, () => () => socket.iterator({ destroyOnReturn: false })),
  },
  {
    rule: 'destroy settles a for await that waits',
    how: 'never rejects',
    hangs: true,
    damage: (socket) =>
      replace(socket, Symbol.asyncIterator, (iterate) => () => {
        const iterator = iterate();
        const next = (): Promise<unknown> => iterator.next().catch(() => new Promise(() => {}));
        return { next, return: () => iterator.return(), [Symbol.asyncIterator]: () => iterator };
      }),
  },
];
