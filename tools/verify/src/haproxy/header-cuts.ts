// HAProxy's own headers, recorded and sent again in pieces that no proxy would choose: byte by byte, and in one segment
// with what follows, be it data or a ClientHello.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { dial, secure, type Caller } from '../caller.js';
import { check, same, type Check } from '../check.js';
import { Witness } from '../witness.js';
import type { Certificates, Recorded, Recordings } from './proxy.js';
import { knowsClient } from './visit.js';

/** Between two bytes, in milliseconds: enough for each to arrive alone. */
const PAUSE = 1;

type Send = (socket: Socket, bytes: Buffer) => Promise<void>;

const cuts: { name: string; send: Send }[] = [
  { name: 'byte by byte', send: sendByteByByte },
  { name: 'in one segment with what follows', send: async (socket, bytes) => void socket.write(bytes) },
];

export function headerCutChecks({ server: tls, authority }: Certificates, recordings: Recordings): Check[] {
  return Object.values(recordings).flatMap(({ words, header, address, port }: Recorded) => cuts.flatMap(({ name, send }) => [undefined, tls].map((withTLS) => {
    return check(`the header of ${words}, ${name}${withTLS ? ', TLS behind it' : ''}`, async (scope) => {
      const witness = await Witness.listen(scope, { tls: withTLS, proxyProtocol: 'any', trustedProxies: ['127.0.0.1'] });
      const raw = await dial(scope, { port: witness.port, host: '127.0.0.1' });
      const client = withTLS ? await secure(scope, behindHeader(raw, header, send), { ca: authority.cert, servername: 'localhost' }) : raw;
      if (withTLS) client.socket.write('hello\n');
      else await send(raw.socket, Buffer.concat([header, Buffer.from('hello\n')]));
      same('the echo', (await client.read(6)).toString(), 'hello\n');
      const arrival = await witness.arrivals.next();
      knowsClient({ client, address, port, arrival });
      same("the proxy's port", arrival.info.proxy?.remotePort, raw.socket.localPort);
      return `${header.length} bytes, ${arrival.info.remoteAddress} port ${arrival.info.remotePort}`;
    });
  })));
}

async function sendByteByByte(socket: Socket, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; at++) {
    socket.write(bytes.subarray(at, at + 1));
    await delay(PAUSE);
  }
}

/** A stream for TLS to run over, whose first bytes go out behind `header`, cut as `send` cuts. */
function behindHeader({ socket }: Caller<Socket>, header: Buffer, send: Send): Duplex {
  let first: Buffer | undefined = header;
  const stream = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _, done) {
      const bytes = first === undefined ? chunk : Buffer.concat([first, chunk]);
      const sending = first === undefined ? Promise.resolve(void socket.write(chunk)) : send(socket, bytes);
      first = undefined;
      sending.then(() => done(), done);
    },
    final: (done) => void socket.end(done),
  });
  socket.on('data', (chunk: Buffer) => void (stream.push(chunk) || socket.pause()));
  socket.on('end', () => stream.push(null));
  return stream;
}
