import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { TCPSocket } from '@verb-tcp/socket';
import { describe, expect, expectTypeOf, test } from 'vitest';

describe('the contract', () => {
  test('is types only: nothing of it exists at run time', async () => {
    expect(Object.keys(await import('@verb-tcp/socket'))).toEqual([]);
  });

  test('the doors of the package give these names and no others', async () => {
    expect(Object.keys(await import('@verb-tcp/socket/bytes')).sort()).toEqual(['ByteQueue', 'corkForTurn']);
    expect(Object.keys(await import('@verb-tcp/socket/message')).sort()).toEqual([
      'MessageError',
      'createMessageDecoder',
      'decodePayload',
      'encodeJson',
      'encodeMessage',
      'frameJson',
      'looksLike',
      'stringifyMessage',
    ]);
  });

  test('every member of it exists on a socket of Node', () => {
    const source = readFileSync(new URL('../src/tcp-socket.ts', import.meta.url), 'utf8');
    const members = [...source.matchAll(/^ {2}(?:readonly )?(\w+)[?(:]/gm)].map(([, name]) => name as string);
    expect(new Set(members).size).toBeGreaterThan(25);
    const socket = new Socket();
    expect(members.filter((name) => !(name in socket))).toEqual([]);
  });
});

// Checked by `pnpm typecheck`; at run time these only call an empty function.
describe('types', () => {
  test('sockets of Node satisfy the contract as they are', () => {
    expectTypeOf<Socket>().toExtend<TCPSocket>();
    expectTypeOf<TLSSocket>().toExtend<TCPSocket>();
  });

  test('a stream without addresses, counters and socket settings does not', () => {
    expectTypeOf<Duplex>().not.toExtend<TCPSocket>();
    expectTypeOf<Omit<Socket, 'unshift'>>().not.toExtend<TCPSocket>();
  });

  test('addresses may be missing, as on unix sockets', () => {
    expectTypeOf<Omit<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>>().toExtend<TCPSocket>();
    expectTypeOf<TCPSocket['remoteAddress']>().toEqualTypeOf<string | undefined>();
  });

  test('listeners get what the event carries', () => {
    const listen = (socket: TCPSocket): void => {
      socket.on('data', (data) => expectTypeOf(data).toEqualTypeOf<Buffer>());
      socket.once('error', (error) => expectTypeOf(error).toEqualTypeOf<Error>());
      socket.off('close', (hadError) => expectTypeOf(hadError).toEqualTypeOf<boolean>());
      // @ts-expect-error: it strips the guards of other packages
      socket.removeAllListeners('data');
      // @ts-expect-error: no such event here
      socket.on('lookup', () => {});
    };
    expectTypeOf(listen).parameter(0).toEqualTypeOf<TCPSocket>();
  });

  test('write takes text and bytes, and nothing else', () => {
    expectTypeOf<TCPSocket['write']>().parameter(0).toEqualTypeOf<Uint8Array | string>();
    expectTypeOf<TCPSocket['write']>().returns.toEqualTypeOf<boolean>();
  });
});
