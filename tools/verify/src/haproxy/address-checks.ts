// Behind HAProxy the client's own address is what handlers and sockets tell: for each version, with TLS and without, IPv4,
// IPv6 and unix sockets, for many clients at once, and for HAProxy itself.
import { join } from 'node:path';
import type { Certificate } from '../certificates.js';
import { dial } from '../caller.js';
import { check, same, type Check } from '../check.js';
import { Witness } from '../witness.js';
import { needIPv6, startProxy, type Certificates } from './proxy.js';
import { knowsClient, visit } from './visit.js';

const versions = [
  { words: 'send-proxy', version: 1, option: 'v1' },
  { words: 'send-proxy-v2', version: 2, option: 'v2' },
] as const;

export function addressChecks(certificates: Certificates): Check[] {
  const { server: tls, authority } = certificates;
  return [
    ...versions.flatMap((kind) => [undefined, tls].flatMap((withTLS) => {
      return ['127.0.0.1', '::1'].map((host) => clientCheck(kind, host, withTLS, authority));
    })),
    check("'any': both versions on one server", async (scope) => {
      const witness = await Witness.listen(scope, { proxyProtocol: 'any', trustedProxies: ['127.0.0.0/8'] });
      const { ports } = await startProxy(scope, ...versions.map(({ words }) => ({ server: `127.0.0.1:${witness.port} ${words}` })));
      for (const [index, { version }] of versions.entries()) {
        const seen = await visit(scope, witness, ports[index] ?? 0);
        knowsClient(seen);
        same('version', seen.arrival.info.proxy?.version, version);
      }
      return 'v1, v2';
    }),
    check("a server on '::' that trusts 127.0.0.1 knows HAProxy there", async (scope) => {
      needIPv6();
      const witness = await Witness.listen(scope, { proxyProtocol: 'v2', trustedProxies: ['127.0.0.1'] }, { host: '::' });
      const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} send-proxy-v2` });
      const seen = await visit(scope, witness, ports[0] ?? 0);
      knowsClient(seen);
      same("the proxy's address", seen.arrival.info.proxy?.remoteAddress, '127.0.0.1');
      return '::ffff:127.0.0.1 is 127.0.0.1';
    }),
    check('HAProxy reaches the server at ::1', async (scope) => {
      needIPv6();
      const witness = await Witness.listen(scope, { proxyProtocol: 'v2', trustedProxies: ['::1'] }, { host: '::1' });
      const { ports } = await startProxy(scope, { server: `[::1]:${witness.port} send-proxy-v2` });
      const seen = await visit(scope, witness, ports[0] ?? 0);
      knowsClient(seen);
      same("the proxy's address", seen.arrival.info.proxy?.remoteAddress, '::1');
      return 'an IPv4 client by an IPv6 proxy';
    }),
    ...versions.map(({ words, option }) => check(`${words} over a unix socket`, async (scope) => {
      const path = join(await scope.folder(), 'server.sock');
      const witness = await Witness.listen(scope, { path, proxyProtocol: option, trustedProxies: ['unix'] });
      const { ports } = await startProxy(scope, { server: `unix@${path} ${words}` });
      const seen = await visit(scope, witness, ports[0] ?? 0);
      knowsClient(seen);
      same("the proxy's address", seen.arrival.info.proxy?.remoteAddress, undefined);
      return `${seen.address} port ${seen.port}`;
    })),
    ...versions.map(crowdCheck),
    ...healthCheckChecks(),
  ];
}

function clientCheck(kind: (typeof versions)[number], host: string, tls: Certificate | undefined, authority: Certificate): Check {
  const title = `${kind.words}, ${tls ? 'TLS behind it, ' : ''}a client at ${host}: its address, the proxy's and the destination's`;
  return check(title, async (scope) => {
    if (host === '::1') needIPv6();
    const witness = await Witness.listen(scope, { tls, proxyProtocol: kind.option, trustedProxies: ['127.0.0.2'] });
    const { ports } = await startProxy(scope, { host, server: `127.0.0.1:${witness.port} ${kind.words} source 127.0.0.2` });
    const seen = await visit(scope, witness, ports[0] ?? 0, { host, ca: tls && authority.cert });
    knowsClient(seen);
    const { info } = seen.arrival;
    const { proxy } = info;
    same('version, command', [proxy?.version, proxy?.command], [kind.version, 'proxy']);
    same('destination', [proxy?.destinationAddress, proxy?.destinationPort], [host, ports[0]]);
    same("the proxy's address", proxy?.remoteAddress, '127.0.0.2');
    same('our end', [info.localAddress, info.localPort], ['127.0.0.1', witness.port]);
    same('info.tls.protocol', info.tls?.protocol, tls && 'TLSv1.3');
    return `${info.remoteAddress} port ${info.remotePort}, by ${proxy?.remoteAddress} port ${proxy?.remotePort}`;
  });
}

function crowdCheck({ words, option }: (typeof versions)[number]): Check {
  return check(`${words}: 200 clients at once are told apart`, async (scope) => {
    const witness = await Witness.listen(scope, {
      proxyProtocol: option,
      trustedProxies: ['127.0.0.1'],
      onConnection: (socket, { remotePort }) => socket.end(`${remotePort}\n`),
    }, { isEcho: false });
    const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} ${words}` });
    const clients = await Promise.all(Array.from({ length: 200 }, () => dial(scope, { port: ports[0] ?? 0, host: '127.0.0.1' })));
    for (const client of clients) {
      const { localPort } = client.socket;
      same('what a client hears of itself', (await client.ending()).received.toString(), `${localPort}\n`);
    }
    return 'each heard its own port';
  });
}

/** How HAProxy asks over a connection whether the server is well: it must get back what it sends. */
const ASKS = ['option tcp-check', 'tcp-check connect send-proxy', 'tcp-check send health', 'tcp-check expect string health'];

function healthCheckChecks(): Check[] {
  return [
    ...versions.map(({ words, version, option }) => check(`${words}: health checks that wait for an answer come from HAProxy itself`, async (scope) => {
      const witness = await Witness.listen(scope, { proxyProtocol: option, trustedProxies: ['127.0.0.2'] });
      await startProxy(scope, { lines: ASKS, server: `127.0.0.1:${witness.port} ${words} check inter 50ms source 127.0.0.2` });
      for (let count = 0; count < 2; count++) {
        const { info } = await witness.arrivals.next();
        // Version 1 has no word for it and names the proxy's own end.
        same('version, command', [info.proxy?.version, info.proxy?.command], [version, version === 2 ? 'local' : 'proxy']);
        same('the address', [info.remoteAddress, info.remotePort], ['127.0.0.2', info.proxy?.remotePort]);
        same('bytes it sent', (await witness.departures.next()).bytesRead >= 'health'.length, true);
      }
      same('refusedByCode', witness.refused, {});
      return 'twice';
    })),
    // Such a check resets its connection at once: when it is accepted, its address is gone.
    ...versions.map(({ words, option }) => check(`${words}: health checks that only connect are no forgeries`, async (scope) => {
      const witness = await Witness.listen(scope, { proxyProtocol: option, trustedProxies: ['127.0.0.2'] });
      await startProxy(scope, { server: `127.0.0.1:${witness.port} ${words} check inter 50ms source 127.0.0.2` });
      for (let count = 0; count < 5; count++) await Promise.race([witness.refusals.next(), witness.departures.next()]);
      const { ERR_TCP_UNTRUSTED_PROXY: untrusted } = witness.refused;
      same('refusals as of an untrusted proxy', untrusted, undefined);
      return `5 of them, ${JSON.stringify(witness.refused)}`;
    })),
  ];
}
