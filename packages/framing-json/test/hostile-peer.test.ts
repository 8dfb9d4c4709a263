// Real TCP: peers that reset, flood, stall and lie, beside one that behaves. Nobody but themselves may notice.
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MessageHandler, type FrameError } from '../src/index.js';
import { frame, frames } from './peers.js';

let server: Server;
let ended: number;
let open: Set<MessageHandler>;
/** Tells of connections that begin and end. */
let notices: EventEmitter;

beforeEach(async () => {
  ended = 0;
  open = new Set();
  notices = new EventEmitter();
  server = createServer((socket) => {
    // No `'error'` listener anywhere: neither here, nor on the socket.
    const handler = new MessageHandler(socket, { messageTimeout: 200, maxMessageBytes: 10_000 });
    open.add(handler);
    notices.emit('begin');
    handler.on('message', (message: { depth?: number }) => handler.sendMessage({ echo: message }));
    handler.on('close', () => {
      open.delete(handler);
      ended++;
      notices.emit('end');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  server.close();
  await once(server, 'close');
});

async function dial(): Promise<Socket> {
  const socket = createConnection((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Asks and waits for the answer, over a connection of its own. */
async function expectServed(): Promise<void> {
  const socket = await dial();
  const client = new MessageHandler(socket);
  client.sendMessage({ question: 1 });
  expect(await once(client, 'message')).toEqual([{ echo: { question: 1 } }]);
  socket.end();
  await once(client, 'close');
}

async function closedBy(act: (socket: Socket) => unknown): Promise<void> {
  const socket = await dial();
  socket.resume();
  const end = once(notices, 'end');
  await act(socket);
  await end;
  socket.destroy();
}

describe('a server without any error listener lives on, and serves others, when a peer', () => {
  const message = frames({ text: 'é😀', list: [1, 2, 3] });
  const whole = Buffer.concat([message, message, message]);

  it('resets at any of 20 points of a conversation', async () => {
    for (let point = 0; point < 20; point++) {
      const length = Math.round((point / 19) * whole.length);
      await closedBy((socket) => {
        socket.write(whole.subarray(0, length), () => socket.resetAndDestroy());
        if (length === 0) socket.resetAndDestroy();
      });
    }
    expect(ended).toBe(20);
    expect(open.size).toBe(0);
  });

  it.each([
    ['speaks HTTP', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['declares 10 GB', '10737418240\n'],
    ['sends digits without end', '1'.repeat(5000)],
    ['sends what is too large to be sent back', frame('['.repeat(4999) + ']'.repeat(4999))],
    ['sends what is not JSON', frame('{')],
    ['begins a message and stalls', '100\n{'],
    ['begins a header and stalls', '1'],
  ])('%s', async (_, bytes) => {
    await closedBy((socket) => socket.write(bytes));
    expect(open.size).toBe(0);
  });

  it('writes, and never reads the answers', async () => {
    const begin = once(notices, 'begin');
    const socket = await dial();
    socket.pause();
    const chunk = frames(...Array.from({ length: 1000 }, () => 'x'));
    for (let count = 0; count < 20; count++) socket.write(chunk);
    await begin;
    const end = once(notices, 'end');
    socket.destroy();
    await end;
    expect(open.size).toBe(0);
  });

  it('drips one byte at a time into a message that never ends', async () => {
    await closedBy(async (socket) => {
      socket.write('1000\n');
      const drip = setInterval(() => socket.write('x'), 20);
      await new Promise((resolve) => socket.once('close', resolve));
      clearInterval(drip);
    });
    expect(open.size).toBe(0);
  });

  afterEach(expectServed);
});

it('the error of the connection tells why, on the socket too', async () => {
  const reasons: unknown[] = [];
  server.on('connection', (socket: Socket) => socket.on('error', (error) => reasons.push(error)));
  await closedBy((socket) => socket.write('GET / HTTP/1.1\r\n\r\n'));
  expect(reasons).toEqual([expect.objectContaining({ code: 'ERR_FRAME_HEADER_INVALID', looksLike: 'http' })]);
  expect((reasons[0] as FrameError).message).toContain('http');
});
