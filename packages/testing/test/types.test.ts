// What satisfies the contract as it is, checked by the compiler.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { TCPSocket } from '@verb-tcp/socket';
import { expectTypeOf, test } from 'vitest';
import { createTCPClient, socketPair, type PairSocket, type TCPClient } from '../src/index.js';

test('sockets of Node, pair ends and test clients are TCPSockets', () => {
  expectTypeOf<Socket>().toExtend<TCPSocket>();
  expectTypeOf<TLSSocket>().toExtend<TCPSocket>();
  expectTypeOf<PairSocket>().toExtend<TCPSocket>();
  expectTypeOf<TCPClient>().toExtend<TCPSocket>();
  expectTypeOf(socketPair).returns.toExtend<[TCPSocket, TCPSocket]>();
  expectTypeOf(createTCPClient).returns.toExtend<TCPSocket & AsyncDisposable>();
});
