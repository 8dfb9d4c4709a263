// Client certificates: whom the server takes, whom it refuses, and what the handlers are told of both.
import { X509Certificate } from 'node:crypto';
import type { TlsOptions } from 'node:tls';
import { check, matches, same, type Check } from '../check.js';
import { Witness } from '../witness.js';
import { exchange, sClient, type Certificates } from './s-client.js';

export function clientCertificateChecks(certificates: Certificates): Check[] {
  const { authority, server, client: known, stranger } = certificates;
  const asked: TlsOptions = { cert: server.cert, key: server.key, ca: authority.cert, requestCert: true };
  return [
    ...['tls1_2', 'tls1_3'].flatMap((version) => [
      check(`${version}: a client with the required certificate comes in, and is known by it`, async (scope) => {
        const witness = await Witness.listen(scope, { tls: { ...asked, rejectUnauthorized: true } });
        const client = sClient(scope, witness.port, certificates, `-${version}`, '-cert', known.certFile, '-key', known.keyFile);
        same('the echo', (await exchange(client, 'known\n')).toString(), 'known\n');
        const { info } = await witness.arrivals.next();
        same('info.tls', [info.tls?.authorized, info.tls?.authorizationError], [true, undefined]);
        same('info.tls.fingerprint256', info.tls?.fingerprint256, new X509Certificate(known.cert).fingerprint256);
        return `SHA-256 ${info.tls?.fingerprint256?.slice(0, 23)}…`;
      }),
      ...[
        { who: 'without a certificate', args: [] },
        { who: 'with one of another authority', args: ['-cert', stranger.certFile, '-key', stranger.keyFile] },
      ].map(({ who, args }) => check(`${version}: a client ${who} is refused, counted, and never seen`, async (scope) => {
        const witness = await Witness.listen(scope, { tls: { ...asked, rejectUnauthorized: true } });
        const client = sClient(scope, witness.port, certificates, `-${version}`, ...args);
        const { code, info } = await witness.refusals.next();
        same('the refusal', [code, info.remoteAddress], ['ERR_TCP_TLS_FAILED', '127.0.0.1']);
        // It must be the server that ended it.
        await client.exit;
        same('who came in', [witness.arrivals.all.length, witness.server.stats().accepted], [0, 0]);
        same('refusedByCode', witness.refused, { ERR_TCP_TLS_FAILED: 1 });
        return `${code}; ${/alert [a-z ]+/.exec(client.stderr)?.[0] ?? 'the connection was closed'}`;
      })),
    ]),
    check('asked for and not required: the handlers are told who is not verified, and why', async (scope) => {
      const witness = await Witness.listen(scope, { tls: { ...asked, rejectUnauthorized: false } });
      const without = sClient(scope, witness.port, certificates);
      same('the echo', (await exchange(without, 'without\n')).toString(), 'without\n');
      const first = (await witness.arrivals.next()).info.tls;
      same('info.tls', [first?.authorized, first?.fingerprint256], [false, undefined]);
      const wrong = sClient(scope, witness.port, certificates, '-cert', stranger.certFile, '-key', stranger.keyFile);
      same('the echo', (await exchange(wrong, 'wrong\n')).toString(), 'wrong\n');
      const second = (await witness.arrivals.next()).info.tls;
      same('info.tls', [second?.authorized, second?.fingerprint256], [false, new X509Certificate(stranger.cert).fingerprint256]);
      matches('info.tls.authorizationError', second?.authorizationError ?? '', /^UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)/);
      return `${first?.authorizationError}, ${second?.authorizationError}`;
    }),
  ];
}
