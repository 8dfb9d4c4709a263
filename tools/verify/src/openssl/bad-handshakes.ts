// Handshakes that fail or stand still: each ends by the deadline, is counted under its code, and never reaches the
// application; the server serves on.
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { dial } from '../caller.js';
import { check, matches, same, within, type Check } from '../check.js';
import type { Scope } from '../scope.js';
import { Witness } from '../witness.js';
import { exchange, sClient, type Certificates } from './s-client.js';

const HANDSHAKE_TIMEOUT = 400;
/** What a busy machine may be late. */
const SLACK = 250;

export function badHandshakeChecks(certificates: Certificates): Check[] {
  return [...rawChecks(certificates), ...disagreementChecks(certificates)];
}

async function listen(scope: Scope, { server: tls }: Certificates): Promise<Witness> {
  return Witness.listen(scope, { tls, handshakeTimeout: HANDSHAKE_TIMEOUT });
}

/** @throws unless this one refusal is all that happened, and the next client is served. */
async function servesOn(scope: Scope, witness: Witness, certificates: Certificates, code: string): Promise<void> {
  same('who came in', [witness.arrivals.all.length, witness.server.stats().accepted], [0, 0]);
  same('refusedByCode', witness.refused, { [code]: 1 });
  same('the next echo', (await exchange(sClient(scope, witness.port, certificates), 'next\n')).toString(), 'next\n');
}

function rawChecks(certificates: Certificates): Check[] {
  return [
    ...[
      { what: 'a plaintext request', bytes: 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n' },
      { what: 'a line of text', bytes: 'hello, is anybody there?\r\n' },
      { what: 'a broken TLS record', bytes: Buffer.from('160301000501000001ff', 'hex') },
    ].map(({ what, bytes }) => check(`${what} on the TLS port is refused`, async (scope) => {
      const witness = await listen(scope, certificates);
      const startedAt = performance.now();
      const client = await dial(scope, { port: witness.port, host: '127.0.0.1' });
      client.socket.write(bytes);
      const { code, at } = await witness.refusals.next();
      same('the refusal', code, 'ERR_TCP_TLS_FAILED');
      const { at: endedAt } = await client.ending();
      within('ended after, in ms', endedAt - startedAt, 0, HANDSHAKE_TIMEOUT);
      await servesOn(scope, witness, certificates, 'ERR_TCP_TLS_FAILED');
      return `${code} after ${Math.round(at - startedAt)} ms`;
    })),
    ...[
      { what: 'nothing', part: 0 },
      { what: 'half of a ClientHello', part: 0.5 },
      { what: 'a ClientHello and nothing more', part: 1 },
    ].map(({ what, part }) => check(`a client that sends ${what} is refused at the deadline`, async (scope) => {
      const hello = await recordClientHello(scope, certificates);
      const witness = await listen(scope, certificates);
      const startedAt = performance.now();
      const client = await dial(scope, { port: witness.port, host: '127.0.0.1' });
      client.socket.write(hello.subarray(0, Math.floor(hello.length * part)));
      const { code, at } = await witness.refusals.next();
      same('the refusal', code, 'ERR_TCP_HANDSHAKE_TIMEOUT');
      within('refused after, in ms', at - startedAt, HANDSHAKE_TIMEOUT - 1, HANDSHAKE_TIMEOUT + SLACK);
      const { at: endedAt } = await client.ending();
      within('ended after, in ms', endedAt - startedAt, HANDSHAKE_TIMEOUT - 1, HANDSHAKE_TIMEOUT + SLACK);
      await servesOn(scope, witness, certificates, 'ERR_TCP_HANDSHAKE_TIMEOUT');
      return `${code} after ${Math.round(at - startedAt)} ms of ${HANDSHAKE_TIMEOUT}`;
    })),
    check('a client that hangs up in its handshake is refused at once', async (scope) => {
      const hello = await recordClientHello(scope, certificates);
      const witness = await listen(scope, certificates);
      const startedAt = performance.now();
      const client = await dial(scope, { port: witness.port, host: '127.0.0.1' });
      client.socket.end(hello.subarray(0, hello.length / 2));
      const { code, at } = await witness.refusals.next();
      same('the refusal', code, 'ERR_TCP_TLS_FAILED');
      within('refused after, in ms', at - startedAt, 0, HANDSHAKE_TIMEOUT - 1);
      await servesOn(scope, witness, certificates, code);
      return `${code} after ${Math.round(at - startedAt)} ms`;
    }),
  ];
}

function disagreementChecks(certificates: Certificates): Check[] {
  return [
    check('a client that does not trust our certificate', async (scope) => {
      const witness = await listen(scope, certificates);
      const client = sClient(scope, witness.port, { ...certificates, authority: certificates.stranger }, '-servername', 'localhost');
      same('the refusal', (await witness.refusals.next()).code, 'ERR_TCP_TLS_FAILED');
      same('the exit code', await client.exit, 1);
      matches('what s_client says', client.stderr, /certificate verify failed|unable to get local issuer/);
      await servesOn(scope, witness, certificates, 'ERR_TCP_TLS_FAILED');
      return 'ERR_TCP_TLS_FAILED';
    }),
    check('a client whose TLS is older than the server takes', async (scope) => {
      const witness = await Witness.listen(scope, { tls: { ...certificates.server, minVersion: 'TLSv1.3' } });
      const client = sClient(scope, witness.port, certificates, '-tls1_2');
      same('the refusal', (await witness.refusals.next()).code, 'ERR_TCP_TLS_FAILED');
      same('the exit code', await client.exit, 1);
      return `ERR_TCP_TLS_FAILED; ${matches('what s_client says', client.stderr, /alert protocol version/)[0]}`;
    }),
  ];
}

/** The first bytes that a real s_client sends. */
async function recordClientHello(scope: Scope, certificates: Certificates): Promise<Buffer> {
  const recorder = createServer().listen(0, '127.0.0.1');
  scope.defer(() => recorder.close());
  await once(recorder, 'listening');
  const client = sClient(scope, (recorder.address() as AddressInfo).port, certificates);
  const [socket] = (await once(recorder, 'connection')) as [Socket];
  socket.on('error', () => {});
  const [hello] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  await client.exit;
  return hello;
}
