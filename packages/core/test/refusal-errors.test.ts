import { expect, it } from 'vitest';
import type { TCPOptions } from '../src/index.js';
import { makeCertificate } from './certificates.js';
import { closed, deferred, dial, serve } from './sockets.js';

const behindProxy: TCPOptions = { proxyProtocol: 'any', trustedProxies: ['127.0.0.1'] };
const boom = new Error('boom');

const cases: [string, TCPOptions, string, object | undefined][] = [
  ['a header that is none', behindProxy, 'GET / HTTP/1.1\r\n', { code: 'ERR_TCP_PROXY_INVALID', message: expect.any(String) }],
  ['a handshake that fails', { tls: await makeCertificate('localhost') }, 'no TLS at all\r\n', { code: 'ERR_TCP_TLS_FAILED', cause: expect.any(Error) }],
  ['an accept that throws', { accept: () => { throw boom; } }, '', { code: 'ERR_TCP_HANDLER_FAILED', cause: boom }],
  ['a full server', { maxConnections: 0 }, '', undefined],
];

it.each(cases)('onRefuse is told the error of %s', async (_, tcp, bytes, error) => {
  const told = deferred<[string, Error | undefined]>();
  const { server, port } = await serve({ ...tcp, onRefuse: (reason, __, ___, failed) => told.resolve([reason, failed]), onError: () => undefined });
  const client = await dial(port);
  if (bytes !== '') client.write(bytes);
  const [reason, failed] = await told.promise;
  if (error === undefined) expect(failed).toBeUndefined();
  else expect(failed).toMatchObject({ ...error, code: reason });
  await closed(client.resume());
  await server.close();
});
