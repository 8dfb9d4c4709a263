// What passes through HAProxy comes out as it went in, whoever speaks first and however it ends; and what HAProxy tells
// besides addresses reaches the handlers.
import { randomBytes } from 'node:crypto';
import { dial, secure } from '../caller.js';
import { check, same, type Check } from '../check.js';
import { Witness } from '../witness.js';
import { startProxy, type Certificates } from './proxy.js';
import { knowsClient, visit } from './visit.js';

const MEBIBYTE = 1024 * 1024;
const ALL_OPTIONS = 'ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c,unique-id';
/** Types of extensions: section 2.2 of the PROXY protocol. */
const TLV = { authority: 0x02, crc32c: 0x03, uniqueId: 0x05, ssl: 0x20, version: 0x21, commonName: 0x22, cipher: 0x23, signature: 0x24, key: 0x25 };

export function dataChecks(certificates: Certificates): Check[] {
  const { server: tls, authority } = certificates;
  const trusting = { trustedProxies: ['127.0.0.1'] };
  return [
    ...(['send-proxy', 'send-proxy-v2'] as const).flatMap((words) => [undefined, tls].map((withTLS) => {
      return check(`${words}${withTLS ? ', TLS behind it' : ''}: 16 MiB come back as they were`, async (scope) => {
        const witness = await Witness.listen(scope, { tls: withTLS, proxyProtocol: 'any', ...trusting });
        const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} ${words}` });
        const { client } = await visit(scope, witness, ports[0] ?? 0, { ca: withTLS && authority.cert });
        const bytes = randomBytes(16 * MEBIBYTE);
        same('every byte', (await client.exchange(bytes)).equals(bytes), true);
        return `${bytes.length} bytes`;
      });
    })),
    check('a server that speaks first', async (scope) => {
      const onConnection = (socket: NodeJS.WritableStream): unknown => socket.write('welcome\n');
      const witness = await Witness.listen(scope, { proxyProtocol: 'v1', ...trusting, onConnection }, { isEcho: false });
      const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} send-proxy` });
      const client = await dial(scope, { port: ports[0] ?? 0, host: '127.0.0.1' });
      return (await client.read(8)).toString().trim();
    }),
    check('a drain reaches the client behind HAProxy, which gets all that was written and the notice, and ends', async (scope) => {
      const witness = await Witness.listen(scope, { proxyProtocol: 'v2', ...trusting }, { isEcho: false });
      const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} send-proxy-v2` });
      const client = await dial(scope, { port: ports[0] ?? 0, host: '127.0.0.1' });
      const { socket } = await witness.arrivals.next();
      const bytes = randomBytes(8 * MEBIBYTE);
      socket.write(bytes);
      const shutdown = witness.server.shutdown({ gracePeriod: 10_000, notice: 'closing\n' });
      same('every byte', (await client.read(bytes.length + 8)).equals(Buffer.concat([bytes, Buffer.from('closing\n')])), true);
      client.socket.end();
      const { drained, forced, unflushedBytes, duration } = await shutdown;
      same('the report', { drained, forced, unflushedBytes }, { drained: 1, forced: 0, unflushedBytes: 0 });
      return `8 MiB and the notice, drained in ${Math.round(duration)} ms`;
    }),
    check('HAProxy is killed: its connections end, and their end is told', async (scope) => {
      const witness = await Witness.listen(scope, { proxyProtocol: 'v2', ...trusting });
      const { ports, program } = await startProxy(scope, { server: `127.0.0.1:${witness.port} send-proxy-v2` });
      await visit(scope, witness, ports[0] ?? 0);
      program.process.kill('SIGKILL');
      await witness.departures.next();
      const { open, accepted } = witness.server.stats();
      same('open, accepted', { open, accepted }, { open: 0, accepted: 1 });
      return 'onDisconnect';
    }),
    extensionCheck(certificates),
  ];
}

function extensionCheck({ authority, server, client }: Certificates): Check {
  return check(`proxy-v2-options ${ALL_OPTIONS}`, async (scope) => {
    const witness = await Witness.listen(scope, { proxyProtocol: 'v2', trustedProxies: ['127.0.0.1'] });
    const { ports } = await startProxy(scope, {
      bind: `ssl crt ${server.pairFile} ca-file ${authority.certFile} verify optional`,
      lines: ['unique-id-format id-%[src_port]'],
      server: `127.0.0.1:${witness.port} send-proxy-v2 proxy-v2-options ${ALL_OPTIONS}`,
    });
    const raw = await dial(scope, { port: ports[0] ?? 0, host: '127.0.0.1' });
    const { localPort = 0 } = raw.socket;
    const caller = await secure(scope, raw.socket, { ca: authority.cert, servername: 'localhost', cert: client.cert, key: client.key });
    same('the echo', (await caller.exchange('hello\n')).toString(), 'hello\n');
    const arrival = await witness.arrivals.next();
    knowsClient({ client: caller, address: '127.0.0.1', port: localPort, arrival });

    const tlvs = new Map(arrival.info.proxy?.tlvs.map(({ type, value }) => [type, Buffer.from(value)]));
    same('the types', new Set(tlvs.keys()), new Set([TLV.authority, TLV.crc32c, TLV.uniqueId, TLV.ssl]));
    same('authority', tlvs.get(TLV.authority)?.toString(), 'localhost');
    same('unique id', tlvs.get(TLV.uniqueId)?.toString(), `id-${localPort}`);
    same('checksum bytes', tlvs.get(TLV.crc32c)?.length, 4);
    const ssl = tlvs.get(TLV.ssl) ?? Buffer.alloc(5);
    // Bits: TLS, a certificate in this connection, one in this session. Then 0: it was verified.
    same('ssl: client, verify', [ssl[0], ssl.readUInt32BE(1)], [0b111, 0]);
    const inner = innerTLVs(ssl.subarray(5));
    same('ssl: version, name', [inner.get(TLV.version), inner.get(TLV.commonName)], ['TLSv1.3', 'client-7']);
    same('ssl: cipher', inner.get(TLV.cipher), caller.socket.getCipher().name);
    same('ssl: signature, key', [inner.get(TLV.signature), inner.get(TLV.key)], ['ecdsa-with-SHA256', 'EC256']);
    return `${tlvs.size} extensions, the client is ${inner.get(TLV.commonName)}`;
  });
}

function innerTLVs(bytes: Buffer): Map<number, string> {
  const tlvs = new Map<number, string>();
  for (let at = 0; at < bytes.length; ) {
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    tlvs.set(bytes.readUInt8(at), bytes.toString('latin1', at + 3, end));
    at = end;
  }
  return tlvs;
}
