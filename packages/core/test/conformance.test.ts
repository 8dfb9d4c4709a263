import type { Socket } from 'node:net';
import { tcpSocketConformance, type MakePair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { connect, type TCPOptions } from '../src/index.js';
import { makeCertificate } from './certificates.js';
import { deferred, serve } from './sockets.js';

const certificate = await makeCertificate('localhost');

/** What the server accepts, and what `dial` gives: core hands sockets over, and they must still be sockets. */
function makePairWith(tcp: TCPOptions, dial: (port: number, allowHalfOpen: boolean | undefined) => Promise<Socket>): MakePair {
  return async ({ allowHalfOpen } = {}) => {
    const accepted = deferred<Socket>();
    const { server, port } = await serve({ ...tcp, allowHalfOpen, onConnection: accepted.resolve });
    const dialled = await dial(port, allowHalfOpen);
    const socket = await accepted.promise;
    void server.close();
    return [socket, dialled];
  };
}

const host = '127.0.0.1';
const kinds: [name: string, makePair: MakePair][] = [
  ['an accepted and a dialled socket', makePairWith({}, (port, allowHalfOpen) => connect({ host, port, allowHalfOpen }))],
  [
    'an accepted and a dialled TLS socket',
    makePairWith({ tls: certificate }, (port, allowHalfOpen) => connect({ host, port, allowHalfOpen, tls: { ca: certificate.cert } })),
  ],
];

describe.each(kinds)('%s', (_, makePair) => {
  it.each(tcpSocketConformance(makePair))('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
});
