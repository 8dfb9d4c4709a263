// What `openssl s_client` must see of our server when both sides are well: versions, names, protocols, sessions, data, and
// a drain under it.
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createSecureContext, type SecureContext } from 'node:tls';
import { dial } from '../caller.js';
import { check, matches, same, type Check } from '../check.js';
import { Witness } from '../witness.js';
import { exchange, sClient, type Certificates } from './s-client.js';

const MEBIBYTE = 1024 * 1024;

export function sClientChecks(certificates: Certificates): Check[] {
  const { server: tls } = certificates;
  return [
    ...(['TLSv1.2', 'TLSv1.3'] as const).map((version) => check(`s_client speaks ${version}`, async (scope) => {
      const witness = await Witness.listen(scope, { tls });
      const client = sClient(scope, witness.port, certificates, `-${version.replace('TLSv', 'tls').replace('.', '_')}`);
      same('the echo', (await exchange(client, 'over TLS\n')).toString(), 'over TLS\n');
      const { info, socket } = await witness.arrivals.next();
      same('info.tls.protocol', info.tls?.protocol, version);
      matches('what s_client says', client.stderr, new RegExp(`Protocol version: ${version}\n`));
      const cipher = matches('what s_client says', client.stderr, /Ciphersuite: (\S+)/)[1];
      // OpenSSL has names of its own for the older ones; only those of 1.3 are the IETF's.
      if (version === 'TLSv1.3') same('info.tls.cipher', info.tls?.cipher, cipher);
      same('the address', [info.remoteAddress, info.localPort], ['127.0.0.1', witness.port]);
      same('the address on the socket', [socket.remoteAddress, socket.remotePort], [info.remoteAddress, info.remotePort]);
      same('info.tls', [info.tls?.serverName, info.tls?.alpnProtocol, info.tls?.authorized, info.tls?.fingerprint256], [undefined, undefined, false, undefined]);
      client.process.stdin.end();
      same('the exit code', await client.exit, 0);
      same('how it ended', (await witness.departures.next()).reason, undefined);
      return `${version}, ${info.tls?.cipher}`;
    })),
    sniCheck(certificates),
    alpnCheck(certificates),
    check('16 MiB come back as they were', async (scope) => {
      const witness = await Witness.listen(scope, { tls });
      const client = sClient(scope, witness.port, certificates);
      const bytes = randomBytes(16 * MEBIBYTE);
      const [seen, expected] = [await exchange(client, bytes), bytes].map((all) => createHash('sha256').update(all).digest('hex'));
      same('SHA-256', seen, expected);
      return `SHA-256 ${seen?.slice(0, 16)}…`;
    }),
    check('over a unix socket', async (scope) => {
      const path = join(await scope.folder(), 'server.sock');
      const witness = await Witness.listen(scope, { tls, path });
      const client = sClient(scope, path, certificates);
      same('the echo', (await exchange(client, 'unix\n')).toString(), 'unix\n');
      const { info } = await witness.arrivals.next();
      same('info', [info.remoteAddress, info.remotePort, info.tls?.protocol], [undefined, undefined, 'TLSv1.3']);
      return 'echo, no addresses';
    }),
    ...resumptionChecks(certificates),
    ...drainChecks(certificates),
  ];
}

function sniCheck(certificates: Certificates): Check {
  const { server, a, b } = certificates;
  return check('SNI: each name gets its own certificate, another name the default', async (scope) => {
    const contexts = new Map<string, SecureContext>([['a.test', createSecureContext(a)], ['b.test', createSecureContext(b)]]);
    const witness = await Witness.listen(scope, {
      tls: { ...server, SNICallback: (name, done) => done(null, contexts.get(name)) },
    });
    const seen: string[] = [];
    for (const [name, expected] of [['a.test', 'a.test'], ['b.test', 'b.test'], ['c.test', 'localhost'], [undefined, 'localhost']] as const) {
      const client = sClient(scope, witness.port, certificates, ...(name === undefined ? ['-noservername'] : ['-servername', name]));
      const subject = (await client.prints(/Peer certificate: CN = (\S+)\n/))[1];
      same(`the certificate for ${name}`, subject, expected);
      const { info } = await witness.arrivals.next();
      same('info.tls.serverName', info.tls?.serverName, name);
      seen.push(`${name ?? 'no name'} → ${subject}`);
    }
    return seen.join(', ');
  });
}

function alpnCheck(certificates: Certificates): Check {
  return check('ALPN: the common protocol is agreed on; without one there is no connection', async (scope) => {
    const witness = await Witness.listen(scope, { tls: { ...certificates.server, ALPNProtocols: ['verb/2', 'verb/1'] } });
    const agreed = sClient(scope, witness.port, certificates, '-alpn', 'http/1.1,verb/1');
    same('the echo', (await exchange(agreed, 'agreed\n')).toString(), 'agreed\n');
    const silent = sClient(scope, witness.port, certificates);
    same('the echo', (await exchange(silent, 'silent\n')).toString(), 'silent\n');
    const arrivals = [await witness.arrivals.next(), await witness.arrivals.next()];
    same('info.tls.alpnProtocol', arrivals.map(({ info }) => info.tls?.alpnProtocol), ['verb/1', undefined]);

    const strange = sClient(scope, witness.port, certificates, '-alpn', 'h2');
    same('the exit code', await strange.exit, 1);
    matches('what s_client says', strange.stderr, /no application protocol/);
    same('the refusal', (await witness.refusals.next()).code, 'ERR_TCP_TLS_FAILED');
    return 'verb/1 of three, none asked for, h2 refused';
  });
}

function resumptionChecks(certificates: Certificates): Check[] {
  return [
    ...['tls1_2', 'tls1_3'].map((version) => check(`a session of ${version} is resumed from its file`, async (scope) => {
      const witness = await Witness.listen(scope, { tls: certificates.server });
      const file = join(await scope.folder(), 'session.pem');
      for (const args of [['-sess_out', file], ['-sess_in', file]]) {
        const client = sClient(scope, witness.port, certificates, `-${version}`, ...args);
        // Behind the tickets, which are written before any data.
        same('the echo', (await exchange(client, 'again\n')).toString(), 'again\n');
        client.process.stdin.end();
        same('the exit code', await client.exit, 0);
      }
      const seen = witness.arrivals.all.map(({ info }) => info.tls?.sessionReused);
      same('info.tls.sessionReused', seen, [false, true]);
      return 'the first new, the second resumed';
    })),
    check('s_client -reconnect: one new session, resumed five times', async (scope) => {
      const witness = await Witness.listen(scope, { tls: certificates.server });
      sClient(scope, witness.port, certificates, '-tls1_2', '-reconnect');
      for (let count = 0; count < 6; count++) await witness.arrivals.next();
      const seen = witness.arrivals.all.map(({ info }) => info.tls?.sessionReused);
      same('info.tls.sessionReused', seen, [false, true, true, true, true, true]);
      return '6 connections';
    }),
  ];
}

function drainChecks(certificates: Certificates): Check[] {
  const { server: tls } = certificates;
  return [
    check('a drain: s_client gets all that was written and the notice, and ends when we do', async (scope) => {
      const witness = await Witness.listen(scope, { tls }, { isEcho: false });
      const client = sClient(scope, witness.port, certificates);
      const { socket } = await witness.arrivals.next();
      const bytes = randomBytes(8 * MEBIBYTE);
      socket.write(bytes);
      const report = await witness.server.shutdown({ gracePeriod: 3000, notice: 'closing\n' });
      same('the report', [report.drained, report.forced, report.unflushedBytes], [1, 0, 0]);
      same('the exit code', await client.exit, 0);
      same('what it got', client.stdout.equals(Buffer.concat([bytes, Buffer.from('closing\n')])), true);
      return `8 MiB and the notice, drained in ${Math.round(report.duration)} ms`;
    }),
    check('a drain: a client that is still in its handshake is refused', async (scope) => {
      const witness = await Witness.listen(scope, { tls });
      const client = sClient(scope, witness.port, certificates);
      await witness.arrivals.next();
      // One that is stopped between connecting and its first byte, as far as the server can tell.
      const stalled = await dial(scope, { port: witness.port, host: '127.0.0.1' });
      while (witness.server.stats().handshaking === 0) await new Promise(setImmediate);
      const shutdown = witness.server.shutdown({ gracePeriod: 5000 });
      same('the refusal', (await witness.refusals.next()).code, 'ERR_TCP_DRAINING');
      await stalled.ending();
      const { drained, forced } = await shutdown;
      same('the report', { drained, forced }, { drained: 1, forced: 0 });
      same('the exit code', await client.exit, 0);
      return 'ERR_TCP_DRAINING, the other one drained';
    }),
  ];
}
