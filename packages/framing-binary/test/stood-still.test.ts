// What a handler makes of a time in which its process stood still, of an upgrade that nobody had asked for yet, and of a second
// handler on its socket.
import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { BinaryProtocolHandler } from '../src/index.js';
import { connect, data, frame, settled } from './peers.js';

/** Real sockets: what comes meanwhile has to wait in the system. */
async function tcpPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const socket = dial((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  const [other] = await accepted;
  server.close();
  return [other, socket];
}

function standStill(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

describe('a process that stood still', () => {
  it('reads what came meanwhile before it takes its peer for dead', async () => {
    const [socket, peer] = await tcpPair();
    const handler = new BinaryProtocolHandler(socket, { heartbeatTimeout: 100 });
    const errors: Error[] = [];
    handler.on('error', (error) => errors.push(error));
    handler.once('heartbeat', () => {
      peer.write(frame(1));
      standStill(250);
    });
    peer.write(frame(1));
    await once(handler, 'heartbeat');
    await once(handler, 'heartbeat');
    expect(errors).toEqual([]);
    peer.destroy();
    socket.destroy();
  });

  it('reads what came meanwhile before it gives up a message', async () => {
    const [socket, peer] = await tcpPair();
    const handler = new BinaryProtocolHandler(socket, { messageTimeout: 100 });
    const message = data('in two parts');
    const whole = once(handler, 'data');
    handler.on('error', (error) => expect.unreachable(String(error)));
    socket.once('data', () => {
      peer.write(message.subarray(10));
      standStill(250);
    });
    peer.write(message.subarray(0, 10));
    await whole;
    peer.destroy();
    socket.destroy();
  });
});

it('an upgrade message that waits for its first taker keeps what is behind it from being judged', async () => {
  const { handler, socket, peer } = connect();
  peer.write(Buffer.concat([data('UP'), Buffer.from('GET / HTTP/1.1\r\n\r\n')]));
  await settled();
  let rest: Uint8Array = new Uint8Array();
  for await (const { payload } of handler) {
    expect(payload.toString()).toBe('UP');
    rest = handler.detach();
  }
  expect(Buffer.from(rest).toString()).toBe('GET / HTTP/1.1\r\n\r\n');
  socket.destroy();
});

it('a second handler on the same socket is refused, until the first has detached', () => {
  const { handler, socket } = connect();
  expect(() => new BinaryProtocolHandler(socket)).toThrow(new TypeError('the socket has a handler already, which would read the same bytes: detach() that one first'));
  handler.detach();
  expect(() => new BinaryProtocolHandler(socket)).not.toThrow();
  socket.destroy();
});
