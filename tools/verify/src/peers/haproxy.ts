// HAProxy in front of our server, and what only an enemy would send to a server that expects it there.
import { Authority } from '../certificates.js';
import type { Peer } from '../check.js';
import { addressChecks } from '../haproxy/address-checks.js';
import { badHeaderChecks } from '../haproxy/bad-headers.js';
import { dataChecks } from '../haproxy/data-checks.js';
import { forgeryChecks } from '../haproxy/forgery-checks.js';
import { headerCutChecks } from '../haproxy/header-cuts.js';
import { recordHeader } from '../haproxy/proxy.js';

export const haproxy: Peer = {
  name: 'haproxy',
  needs: { haproxy: 'haproxy', openssl: 'openssl' },
  version: ['haproxy', '-v'],
  async prepare(scope) {
    const authority = await Authority.create(await scope.folder(), 'ca');
    const certificates = {
      authority: authority.own,
      server: await authority.issue('localhost', ['DNS:localhost']),
      client: await authority.issue('client-7'),
    };
    const recordings = {
      v1: await recordHeader(scope, 'send-proxy'),
      v2: await recordHeader(scope, 'send-proxy-v2'),
      v2WithChecksum: await recordHeader(scope, 'send-proxy-v2 proxy-v2-options crc32c'),
    };
    return [
      ...addressChecks(certificates),
      ...dataChecks(certificates),
      ...forgeryChecks(certificates, recordings),
      ...headerCutChecks(certificates, recordings),
      ...badHeaderChecks(recordings),
    ];
  },
};
