import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { corkForTurn } from '@verb-tcp/socket/bytes';
import { afterEach, describe, expect, test } from 'vitest';

/** A stream that remembers each call it gets from Node: one call here is one system call on a socket. */
class Recorder extends Writable {
  readonly calls: string[][] = [];

  constructor() {
    super({ decodeStrings: false, highWaterMark: 64 * 1024 });
  }

  override _write(chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    this.calls.push([String(chunk)]);
    done();
  }

  override _writev(chunks: { chunk: unknown }[], done: () => void): void {
    this.calls.push(chunks.map(({ chunk }) => String(chunk)));
    done();
  }
}

const send = (stream: Writable, text: string): boolean => {
  corkForTurn(stream);
  return stream.write(text);
};
/** The turn ends in `process.nextTick`, so a later turn has begun once `setImmediate` runs. */
const turnEnd = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the writes of one turn', () => {
  test('leave in one call, in order', async () => {
    const stream = new Recorder();
    for (const text of ['a', 'b', 'c']) send(stream, text);
    expect(stream.calls).toEqual([]);
    await turnEnd();
    expect(stream.calls).toEqual([['a', 'b', 'c']]);
  });

  test('leave apart from those of the next turn', async () => {
    const stream = new Recorder();
    send(stream, 'a');
    await turnEnd();
    send(stream, 'b');
    await turnEnd();
    expect(stream.calls).toEqual([['a'], ['b']]);
  });

  test('keep their place among writes that nobody corked for', async () => {
    const stream = new Recorder();
    stream.write('a');
    send(stream, 'b');
    stream.write('c');
    await turnEnd();
    expect(stream.calls).toEqual([['a'], ['b', 'c']]);
  });

  test('of promise continuations that run together leave in one call too', async () => {
    const stream = new Recorder();
    await Promise.all(['a', 'b', 'c'].map(async (text) => {
      await undefined;
      send(stream, text);
    }));
    await turnEnd();
    expect(stream.calls).toEqual([['a', 'b', 'c']]);
  });

  test('are kept apart for each stream', async () => {
    const [one, two] = [new Recorder(), new Recorder()];
    send(one, 'a');
    send(two, 'b');
    send(one, 'c');
    await turnEnd();
    expect(one.calls).toEqual([['a', 'c']]);
    expect(two.calls).toEqual([['b']]);
  });

  test('leave in the same turn through a stream that corks the one below it', async () => {
    const below = new Recorder();
    const above = new Writable({
      writev(chunks, done) {
        for (const { chunk } of chunks) send(below, String(chunk));
        done();
      },
    });
    send(above, 'a');
    send(above, 'b');
    await new Promise<void>((resolve) => process.nextTick(resolve));
    expect(below.calls).toEqual([['a', 'b']]);
  });
});

describe('64 KiB', () => {
  const kibibyte = 'x'.repeat(1024);

  test('leave early, and what follows goes on being gathered', async () => {
    const stream = new Recorder();
    for (let n = 0; n < 100; n++) send(stream, kibibyte);
    expect(stream.calls.map((texts) => texts.length)).toEqual([64]);
    await turnEnd();
    expect(stream.calls.map((texts) => texts.length)).toEqual([64, 36]);
  });

  test('are counted from what was queued before: a stream that is stuck is not flushed at every write', async () => {
    const stuck = new Writable({ highWaterMark: 1, write() {} });
    stuck.write(kibibyte.repeat(100));
    let uncorks = 0;
    const uncork = stuck.uncork.bind(stuck);
    stuck.uncork = () => {
      uncorks++;
      uncork();
    };
    for (let n = 0; n < 130; n++) send(stuck, kibibyte);
    expect(uncorks).toBe(2);
    await turnEnd();
    expect(uncorks).toBe(3);
    expect(stuck.writableCorked).toBe(0);
    stuck.destroy();
  });
});

describe('other calls in the same turn', () => {
  test('end() delivers all of it, in order, at once', async () => {
    const stream = new Recorder();
    send(stream, 'a');
    send(stream, 'b');
    stream.end('c');
    expect(stream.calls).toEqual([['a', 'b', 'c']]);
    await once(stream, 'finish');
    expect(stream.writableCorked).toBe(0);
  });

  test('destroy() discards it', async () => {
    const stream = new Recorder();
    send(stream, 'a');
    stream.destroy();
    await turnEnd();
    expect(stream.calls).toEqual([]);
  });

  test('somebody else\'s cork holds it for as long as they want', async () => {
    const stream = new Recorder();
    stream.cork();
    send(stream, 'a');
    await turnEnd();
    expect(stream.calls).toEqual([]);
    send(stream, 'b');
    stream.uncork();
    expect(stream.calls).toEqual([]);
    await turnEnd();
    expect(stream.calls).toEqual([['a', 'b']]);
    expect(stream.writableCorked).toBe(0);
  });

  test('an uncork that throws strands neither the others nor a later turn', async () => {
    const broken = new Recorder();
    broken.uncork = () => {
      throw new Error('broken stream');
    };
    const [before, after] = [new Recorder(), new Recorder()];
    const thrown = uncaught();
    send(before, 'a');
    corkForTurn(broken);
    send(after, 'b');
    expect((await thrown).message).toBe('broken stream');
    await turnEnd();
    send(after, 'c');
    await turnEnd();
    expect(before.calls).toEqual([['a']]);
    expect(after.calls).toEqual([['b'], ['c']]);
  });
});

describe('a real socket', () => {
  const open: { destroy(): void }[] = [];
  afterEach(() => open.splice(0).forEach((one) => one.destroy()));

  async function connected(): Promise<{ client: Socket; received: Promise<string>; calls: number[] }> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const [peer] = (await once(server, 'connection')) as [Socket];
    server.close();
    open.push(client, peer);
    await once(client, 'connect');
    peer.setEncoding('utf8');
    let text = '';
    peer.on('data', (part: string) => (text += part));
    const received = once(peer, 'end').then(() => text);
    return { client, received, calls: countCalls(client) };
  }

  test('makes one vectored write a turn', async () => {
    const { client, received, calls } = await connected();
    for (let n = 0; n < 50; n++) send(client, `${n} `);
    await turnEnd();
    expect(calls).toEqual([50]);
    send(client, 'x');
    send(client, 'y');
    client.end('z');
    expect(await received).toBe(`${Array.from({ length: 50 }, (_, n) => `${n} `).join('')}xyz`);
    expect(calls).toEqual([50, 3]);
  });

  test('that is still connecting sends it once it is connected', async () => {
    const server = createServer((peer) => {
      peer.pipe(peer);
      server.close();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    open.push(client);
    send(client, 'a');
    send(client, 'b');
    client.end();
    let text = '';
    for await (const part of client.setEncoding('utf8')) text += part;
    expect(text).toBe('ab');
  });
});

/** The sizes of the vectored writes that Node asks of this socket, in chunks. */
function countCalls(socket: Socket): number[] {
  const calls: number[] = [];
  const writev = socket._writev as NonNullable<Socket['_writev']>;
  socket._writev = (chunks, done) => {
    calls.push(chunks.length);
    writev.call(socket, chunks, done);
  };
  return calls;
}

/** The next exception that nothing catches, in place of the runner's own listeners. */
function uncaught(): Promise<Error> {
  const listeners = process.rawListeners('uncaughtException') as NodeJS.UncaughtExceptionListener[];
  process.removeAllListeners('uncaughtException');
  return new Promise((resolve) => {
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
}
