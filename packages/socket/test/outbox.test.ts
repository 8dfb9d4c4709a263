import { Outbox, Waiter } from '@verb-tcp/socket/framing';
import { describe, expect, test } from 'vitest';
import { asTCPSocket, MemorySocket, settled } from './lines.js';

/** An outbox over a socket whose mark is 1 000 bytes. */
function open(isHeld = false): { socket: MemorySocket; outbox: Outbox; wait: (how: 'writeFor' | 'writeByReference', bytes: number) => string[] } {
  const socket = new MemorySocket();
  socket.isHeld = isHeld;
  const outbox = new Outbox(asTCPSocket(socket));
  socket.on('drain', () => outbox.drained());
  const wait = (how: 'writeFor' | 'writeByReference', bytes: number): string[] => {
    const waiter = new Waiter();
    const fate: string[] = [];
    waiter.promise.then(() => fate.push('left'), (error: Error) => fate.push(error.message));
    outbox[how](Buffer.alloc(bytes, 'x'), waiter);
    return fate;
  };
  return { socket, outbox, wait };
}

describe('an outbox', () => {
  test('writes those of one turn in one call, in order', async () => {
    const { socket, outbox } = open();
    for (const frame of ['a', 'b', 'c']) outbox.write(frame);
    await settled();
    expect(socket.written).toEqual(['abc']);
  });

  test('below the mark nobody waits; above it, until the socket is below again', async () => {
    const { socket, wait } = open(true);
    const [small, large] = [wait('writeFor', 10), wait('writeFor', 2000)];
    await settled();
    expect([small, large]).toEqual([['left'], []]);
    socket.letGo();
    await settled();
    expect(large).toEqual(['left']);
  });

  test('what goes by reference waits until it has left, also below the mark', async () => {
    const { socket, wait } = open(true);
    const fate = wait('writeByReference', 10);
    await settled();
    expect(fate).toEqual([]);
    socket.letGo();
    await settled();
    expect(fate).toEqual(['left']);
  });

  test('behind an end of ours no drain comes, and who waits is told all the same', async () => {
    const { socket, wait } = open(true);
    const fate = wait('writeFor', 2000);
    socket.end();
    await settled();
    expect(fate).toEqual([]);
    socket.letGo();
    await settled();
    expect(fate).toEqual(['left']);
  });

  test('closed with an error it rejects all who wait; without one, only what goes by reference still waits', async () => {
    for (const error of [new Error('gone'), undefined]) {
      const { socket, outbox, wait } = open(true);
      const fates = [wait('writeFor', 2000), wait('writeByReference', 10)];
      outbox.close(error);
      await settled();
      expect([outbox.isOpen, outbox.isClosed]).toEqual([false, true]);
      expect(fates).toEqual(error === undefined ? [['left'], []] : [['gone'], ['gone']]);
      socket.letGo();
      await settled();
      expect(fates[1]).toEqual([error === undefined ? 'left' : 'gone']);
    }
  });

  test('a rejection that nobody looks at does not end the process', async () => {
    const seen: unknown[] = [];
    const onUnhandled = (reason: unknown): unknown => seen.push(reason);
    process.on('unhandledRejection', onUnhandled);
    const { outbox } = open(true);
    outbox.writeFor(Buffer.alloc(2000), new Waiter());
    outbox.close(new Error('gone'));
    await settled();
    process.off('unhandledRejection', onUnhandled);
    expect(seen).toEqual([]);
  });
});
