import type { Socket } from 'node:net';
import { tcpSocketConformance, type MakePair } from '@verb-tcp/testing';
import { expect, it } from 'vitest';
import { connect } from '../src/index.js';
import { deferred, serve } from './sockets.js';

/** What the server accepts, and what `connect` gives: core hands sockets over, and they must still be sockets. */
const makePair: MakePair = async ({ allowHalfOpen } = {}) => {
  const accepted = deferred<Socket>();
  const { server, port } = await serve({ allowHalfOpen, onConnection: accepted.resolve });
  const dialled = await connect({ host: '127.0.0.1', port, allowHalfOpen });
  const socket = await accepted.promise;
  void server.close();
  return [socket, dialled];
};

it.each(tcpSocketConformance(makePair))('$name', async ({ run }) => {
  await expect(run()).resolves.toBeUndefined();
});
