// OpenSSL's own client and server against our server and our client.
import { Authority } from '../certificates.js';
import type { Peer } from '../check.js';
import { badHandshakeChecks } from '../openssl/bad-handshakes.js';
import { clientCertificateChecks } from '../openssl/client-certificates.js';
import { sClientChecks } from '../openssl/s-client-checks.js';
import { sServerChecks } from '../openssl/s-server-checks.js';

export const openssl: Peer = {
  name: 'openssl',
  needs: { openssl: 'openssl' },
  version: ['openssl', 'version'],
  async prepare(scope) {
    const folder = await scope.folder();
    const authority = await Authority.create(folder, 'ca');
    const certificates = {
      folder,
      authority: authority.own,
      server: await authority.issue('localhost', ['DNS:localhost', 'IP:127.0.0.1']),
      a: await authority.issue('a.test', ['DNS:a.test']),
      b: await authority.issue('b.test', ['DNS:b.test']),
      client: await authority.issue('client-7'),
      stranger: await (await Authority.create(folder, 'other-ca')).issue('stranger'),
    };
    return [
      ...sClientChecks(certificates),
      ...clientCertificateChecks(certificates),
      ...badHandshakeChecks(certificates),
      ...sServerChecks(certificates),
    ];
  },
};
