// Whoever can write a header can be anybody: headers of peers that are not the trusted proxy are refused and counted, and
// a header that a client sends through HAProxy is data.
import { dial } from '../caller.js';
import { check, same, type Check } from '../check.js';
import { Witness } from '../witness.js';
import { startProxy, type Certificates, type Recordings } from './proxy.js';
import { knowsClient, visit } from './visit.js';

const FORGED_V1 = Buffer.from('PROXY TCP4 203.0.113.66 192.0.2.1 1234 443\r\n');
const FORGED_V2 = Buffer.from('0d0a0d0a000d0a515549540a2111000ccb007142c000020104d201bb', 'hex');
const UNTRUSTED = 'ERR_TCP_UNTRUSTED_PROXY';

export function forgeryChecks(certificates: Certificates, recordings: Recordings): Check[] {
  return [...refusalChecks(certificates, recordings), ...passageChecks(certificates)];
}

function refusalChecks({ server: tls, authority }: Certificates, { v1, v2 }: Recordings): Check[] {
  return [
    ...[
      { what: 'a forged v1 header', bytes: FORGED_V1 },
      { what: 'a forged v2 header', bytes: FORGED_V2 },
      { what: 'no header at all', bytes: Buffer.from('hello\n') },
    ].flatMap(({ what, bytes }) => [undefined, tls].map((withTLS) => {
      return check(`${what} from elsewhere${withTLS ? ', TLS behind it' : ''}: refused, counted, never seen; HAProxy is served on`, async (scope) => {
        const witness = await Witness.listen(scope, { tls: withTLS, proxyProtocol: 'any', trustedProxies: ['127.0.0.2'] });
        const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} send-proxy-v2 source 127.0.0.2` });
        const forger = await dial(scope, { port: witness.port, host: '127.0.0.1' });
        const { localPort } = forger.socket;
        forger.socket.write(bytes);
        const { code, info } = await witness.refusals.next();
        // Its own address, not the one that it wrote.
        same('the refusal', [code, info.remoteAddress, info.remotePort, info.proxy], [UNTRUSTED, '127.0.0.1', localPort, undefined]);
        same('what it got', (await forger.ending()).received.length, 0);
        same('who came in', witness.arrivals.all.length, 0);
        knowsClient(await visit(scope, witness, ports[0] ?? 0, { ca: withTLS && authority.cert }));
        same('refusedByCode', witness.refused, { [UNTRUSTED]: 1 });
        return `${code}, from ${info.remoteAddress}`;
      });
    })),
    ...['send-proxy', 'send-proxy-v2'].map((words) => check(`a real HAProxy that is not the trusted one (${words})`, async (scope) => {
      const witness = await Witness.listen(scope, { proxyProtocol: 'any', trustedProxies: ['127.0.0.2', '10.0.0.0/8', '2001:db8::/32'] });
      const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} ${words} source 127.0.0.3` });
      const client = await dial(scope, { port: ports[0] ?? 0, host: '127.0.0.1' });
      client.socket.write('hello\n');
      const { code, info } = await witness.refusals.next();
      same('the refusal', [code, info.remoteAddress], [UNTRUSTED, '127.0.0.3']);
      same('what the client got', (await client.ending()).received.length, 0);
      same('who came in', witness.arrivals.all.length, 0);
      return `${code}, from ${info.remoteAddress}`;
    })),
    ...([[v1, 'v2'], [v2, 'v1']] as const).map(([{ words, header }, expected]) => {
      return check(`${words} where ${expected} is expected`, async (scope) => {
        const witness = await Witness.listen(scope, { proxyProtocol: expected, trustedProxies: ['127.0.0.1'] });
        const client = await dial(scope, { port: witness.port, host: '127.0.0.1' });
        client.socket.write(header);
        const { code } = await witness.refusals.next();
        same('the refusal', code, 'ERR_TCP_PROXY_INVALID');
        await client.ending();
        return code;
      });
    }),
  ];
}

function passageChecks({ server: tls }: Certificates): Check[] {
  return [
    ...['send-proxy', 'send-proxy-v2'].flatMap((words) => [FORGED_V1, FORGED_V2].map((forged, index) => {
      return check(`${words}: a v${index + 1} header that the client sends itself is data`, async (scope) => {
        const witness = await Witness.listen(scope, { proxyProtocol: 'any', trustedProxies: ['127.0.0.1'] });
        const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} ${words}` });
        const client = await dial(scope, { port: ports[0] ?? 0, host: '127.0.0.1' });
        same('the echo', await client.exchange(forged), forged);
        const arrival = await witness.arrivals.next();
        knowsClient({ client, address: '127.0.0.1', port: client.socket.localPort ?? 0, arrival });
        return `${arrival.info.remoteAddress} port ${arrival.info.remotePort}, ${forged.length} bytes echoed`;
      });
    })),
    check('accept is asked with the address from the header, before TLS', async (scope) => {
      const asked: unknown[] = [];
      const witness = await Witness.listen(scope, {
        tls,
        proxyProtocol: 'v2',
        trustedProxies: ['127.0.0.2'],
        accept: ({ remoteAddress, remotePort, tls: agreed }) => {
          asked.push([remoteAddress, remotePort, agreed]);
          return false;
        },
      });
      const { ports } = await startProxy(scope, { server: `127.0.0.1:${witness.port} send-proxy-v2 source 127.0.0.2` });
      const client = await dial(scope, { port: ports[0] ?? 0, host: '127.0.0.1' });
      const { code, info } = await witness.refusals.next();
      same('asked', asked, [['127.0.0.1', client.socket.localPort, undefined]]);
      same('the refusal', [code, info.remotePort], ['ERR_TCP_NOT_ACCEPTED', client.socket.localPort]);
      await client.ending();
      return code;
    }),
  ];
}
