import { describe, expect, test, vi } from 'vitest';
import { lines, settled, type CodedError } from './lines.js';

const SOCKET_EVENTS = ['data', 'drain', 'end', 'close'];

describe('messages', () => {
  test('go to the listener, in order, whatever the chunks', async () => {
    const { socket, events, listen } = lines();
    listen();
    for (const chunk of ['a', '\nb\n', 'c\nd']) socket.push(chunk);
    await settled();
    expect(events).toEqual(['message a', 'message b', 'message c']);
  });

  test('that nobody wants wait, 64 of them, and the socket is paused until somebody does', async () => {
    const { socket, inbox, events, listen } = lines();
    socket.push('x\n'.repeat(100));
    await settled();
    expect([socket.isPaused(), inbox.isFull, inbox.messageCount]).toEqual([true, true, 64]);
    listen();
    await settled();
    expect(events).toEqual(Array.from({ length: 100 }, () => 'message x'));
    expect(socket.isPaused()).toBe(false);
  });

  test('that nobody wants wait until their bytes are too many', async () => {
    const { socket, inbox } = lines({ maxWaitingBytes: 10 });
    socket.push('12345\n'.repeat(5));
    await settled();
    expect([socket.isPaused(), inbox.messageCount]).toEqual([true, 2]);
    expect(inbox.rest().toString()).toBe('12345\n'.repeat(5));
    expect([inbox.hasWaiting, inbox.isFull]).toEqual([false, false]);
  });

  test('of the protocol itself need nobody to want them, in front of what waits', async () => {
    const { socket, events } = lines();
    socket.push('#1\nx\n#2\n');
    await settled();
    expect(events).toEqual(['control #1']);
  });

  test('a bad one is skipped where that may be, else it is the end', async () => {
    for (const [canSkip, expected] of [
      [true, ['message a', 'error BAD_LINE', 'message b']],
      [false, ['message a', 'error BAD_LINE', 'close']],
    ] as const) {
      const { socket, events, listen } = lines({ canSkip });
      listen();
      socket.push('a\n?\nb\n');
      await settled();
      expect(events).toEqual(expected);
    }
  });

  test('behind one that takes its time to open wait for it, also where the connection closes meanwhile', async () => {
    let open: () => void = () => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    const { socket, events, listen } = lines({ open: async (value) => (await opened, { value: value.toUpperCase() }) });
    listen();
    socket.push('a\nb\n');
    await settled();
    expect([events, socket.isPaused()]).toEqual([[], true]);
    open();
    await settled();
    expect(events).toEqual(['message A', 'message B']);
  });
});

describe('the end', () => {
  test.each([
    ['the peer ends', (socket) => socket.push(null), []],
    ['the peer ends inside a message', (socket) => { socket.push('be'); socket.push(null); }, ['error ERR_FRAME_TRUNCATED']],
    ['the socket fails', (socket) => socket.destroy(new Error('lost')), ['error lost']],
    ['the socket fails inside a message', (socket) => { socket.push('be'); setImmediate(() => socket.destroy(new Error('lost'))); }, ['error ERR_FRAME_TRUNCATED']],
    ['the header is bad', (socket) => socket.push('!\n'), ['error BAD_HEADER']],
    ['we destroy it', (socket) => socket.destroy(), []],
  ] as [string, (socket: ReturnType<typeof lines>['socket']) => unknown, string[]][])(
    'is its error, if any, then close, once, where %s; and nothing is left on the socket',
    async (_, act, errors) => {
      const { socket, events, released, listen } = lines();
      const before = SOCKET_EVENTS.map((event) => new (socket.constructor as new () => typeof socket)().listenerCount(event));
      listen();
      act(socket);
      await settled();
      socket.end();
      socket.destroy();
      await settled();
      expect(events).toEqual([...errors, 'close']);
      expect(released).toHaveLength(1);
      expect((released[0] as CodedError).code).toBe('ERR_FRAME_CLOSED');
      expect(SOCKET_EVENTS.map((event) => socket.listenerCount(event))).toEqual(before);
    },
  );

  test('messages that came before a destroy of ours, in the same chunk, are not given', async () => {
    const { socket, emitter, events, listen } = lines();
    emitter.on('message', () => socket.destroy());
    listen();
    socket.push('a\nb\n');
    await settled();
    expect(events).toEqual(['message a', 'close']);
  });
});

describe('a listener that throws', () => {
  test('ends its own connection with what it threw', async () => {
    const { socket, emitter, events, listen } = lines();
    listen();
    emitter.on('message', () => { throw new Error('thrown'); });
    socket.push('a\nb\n');
    await settled();
    expect(events).toEqual(['message a', 'error thrown', 'close']);
  });

  test('what is no Error, is an Error with that as its cause', async () => {
    const { socket, emitter, connection } = lines();
    emitter.on('message', () => { throw 'text' as unknown as Error; });
    socket.push('a\n');
    await settled();
    expect(connection.error).toMatchObject({ cause: 'text' });
  });

  test('at error or close is a warning, since there is nothing left to end', async () => {
    for (const event of ['error', 'close']) {
      const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
      const { socket, emitter } = lines();
      emitter.on(event, () => { throw new Error(`thrown at ${event}`); });
      socket.push('!\n');
      await settled();
      expect(warn.mock.calls.map(([warning]) => String(warning))).toEqual([`Error: thrown at ${event}`]);
      warn.mockRestore();
    }
  });
});

describe('detach', () => {
  test('gives back every byte that was not given, and lets go of the socket', async () => {
    const { socket, connection, events, released } = lines();
    const iterator = connection.iterate();
    socket.push('a\nb\n#c\nd');
    expect(await iterator.next()).toEqual({ done: false, value: 'a' });
    expect(Buffer.from(connection.detach()).toString()).toBe('b\n#c\nd');
    await settled();
    expect(String(socket.read())).toBe('b\n#c\nd');
    expect([socket.isPaused(), connection.isOpen, released]).toEqual([true, false, [undefined]]);
    socket.destroy();
    await settled();
    expect([events, connection.detach()]).toEqual([[], new Uint8Array(0)]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('also what was being opened comes back', async () => {
    const { socket, connection, listen } = lines({ open: () => new Promise(() => {}) });
    listen();
    socket.push('a\nb\n');
    await settled();
    expect(Buffer.from(connection.detach()).toString()).toBe('a\nb\n');
  });

  test('a bad header behind what an iterator took is not judged: it may be another protocol', async () => {
    const { socket, connection, events } = lines();
    const iterator = connection.iterate();
    socket.push('upgrade\n!other\n');
    expect(await iterator.next()).toEqual({ done: false, value: 'upgrade' });
    expect(Buffer.from(connection.detach()).toString()).toBe('!other\n');
    expect(events).toEqual([]);
  });
});

describe('an iterator', () => {
  test('gets what came before the end, and then the end', async () => {
    const { socket, connection } = lines();
    socket.push('a\nb\n');
    socket.push(null);
    const found: string[] = [];
    for await (const line of connection.iterate()) found.push(line);
    expect(found).toEqual(['a', 'b']);
  });

  test('throws what ended the connection, after the messages before it, and once', async () => {
    const { socket, connection } = lines();
    const iterator = connection.iterate();
    const results = [iterator.next(), iterator.next(), iterator.next()];
    socket.push('a\n!');
    expect(await Promise.allSettled(results)).toMatchObject([
      { value: { value: 'a' } },
      { reason: { code: 'BAD_HEADER' } },
      { value: { done: true } },
    ]);
  });

  test('that is left takes nothing with it: the next one goes on', async () => {
    const { socket, connection } = lines();
    const first = connection.iterate();
    const waits = first.next();
    await first.return();
    expect(await waits).toEqual({ done: true, value: undefined });
    socket.push('a\n');
    expect(await connection.iterate().next()).toEqual({ done: false, value: 'a' });
  });
});
