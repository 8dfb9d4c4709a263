// Binary messages over TLS: `framing-binary` on the `tls.TLSSocket`s that `core` hands over.
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { generate } from 'selfsigned';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createServer, type Disconnection, type TCPServer } from '@verb-tcp/core';
import { BinaryProtocolHandler, type BinaryMessage, type BinaryProtocolOptions } from '@verb-tcp/framing-binary';

let certificate: { readonly cert: string; readonly key: string };
const servers: TCPServer[] = [];
const sockets: TLSSocket[] = [];

interface Ends {
  readonly client: BinaryProtocolHandler;
  readonly socket: TLSSocket;
  readonly server: BinaryProtocolHandler;
  /** How the connection went, once it is over. */
  readonly end: Promise<Disconnection>;
}

async function connected(options: BinaryProtocolOptions = {}): Promise<Ends> {
  let onServer: (handler: BinaryProtocolHandler) => void = () => {};
  let onEnd: (end: Disconnection) => void = () => {};
  const accepted = new Promise<BinaryProtocolHandler>((resolve) => (onServer = resolve));
  const end = new Promise<Disconnection>((resolve) => (onEnd = resolve));
  const app = createServer().withOptions({
    tcp: {
      tls: certificate,
      onConnection: (socket) => onServer(new BinaryProtocolHandler(socket, options)),
      onDisconnect: (_, how) => onEnd(how),
    },
  });
  servers.push(app);
  const { port } = await app.listen(0, '127.0.0.1');
  const socket = connect({ port, host: '127.0.0.1', ca: certificate.cert, servername: 'localhost' });
  sockets.push(socket);
  await once(socket, 'secureConnect');
  return { client: new BinaryProtocolHandler(socket), socket, server: await accepted, end };
}

beforeAll(async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  certificate = { cert, key };
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const app of servers.splice(0)) await app.shutdown({ gracePeriod: 0 });
});

describe('binary messages over TLS', () => {
  test('keep type, flags, payload and order, over many records', async () => {
    const { client, server } = await connected();
    const sizes = [0, 1, 4095, 4096, 16_384, 100_000, 1024 * 1024];
    const received: BinaryMessage[] = [];
    const all = new Promise<void>((resolve) => {
      server.on('data', (message) => {
        if (received.push(message) === sizes.length) resolve();
      });
    });
    for (const [flags, size] of sizes.entries()) await client.send(0x10, Buffer.alloc(size, flags), flags);
    await all;
    expect(received.map(({ type, flags, payload }) => [type, flags, payload.length])).toEqual(
      sizes.map((size, flags) => [0x10, flags, size]),
    );
    for (const { flags, payload } of received) expect(payload.equals(Buffer.alloc(payload.length, flags))).toBe(true);
  });

  test('heartbeats are answered by the handler, nobody else having a hand in it', async () => {
    const { client, server } = await connected({ heartbeatInterval: 20 });
    const [beat] = await once(client, 'heartbeat');
    expect(beat).toMatchObject({ type: 0x01, payload: Buffer.alloc(0) });
    const [answer] = await once(server, 'pong');
    expect(answer).toMatchObject({ type: 0x02, payload: Buffer.from('pong') });
  });

  test('a peer that has died without a word ends with the code as the reason', async () => {
    const { client, end } = await connected({ heartbeatInterval: 20, heartbeatTimeout: 100 });
    client.on('error', () => {});
    client.detach();
    expect(await end).toMatchObject({ reason: { code: 'ERR_FRAME_HEARTBEAT_TIMEOUT' } });
  });

  test('a length of 4 GiB ends the connection at its header', async () => {
    const { client, socket, server, end } = await connected();
    server.on('data', () => {});
    client.on('error', () => {});
    socket.write(Buffer.from('0010ffffffff0000', 'hex'));
    expect(await end).toMatchObject({ reason: { code: 'ERR_FRAME_TOO_LARGE' } });
  });
});
