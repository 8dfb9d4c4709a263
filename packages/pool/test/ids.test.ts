import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as joinPath } from 'node:path';
import { socketPair, type PairAddress } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { TCPConnectionPool } from '../src/index.js';
import { join, realPair, settled, until } from './peers.js';

const addresses: [PairAddress, PairAddress] = [{ address: '10.0.0.1', port: 5000 }, { address: '10.0.0.2', port: 80 }];

describe('an id', () => {
  it('is address:port', async () => {
    const pool = new TCPConnectionPool();
    const { socket, peer } = await realPair();
    expect(pool.addConnection(socket)).toBe(`127.0.0.1:${peer.localPort}`);
    peer.destroy();
    socket.resume();
    await until(() => pool.size === 0);
  });

  it('is address:port of IPv6 as well', () => {
    const pool = new TCPConnectionPool();
    expect(join(pool, { addresses: [{ address: '::1', port: 1 }, { address: '::1', port: 2 }] }).id).toBe('::1:1');
  });

  it('is that of plain IPv4 where a socket of both kinds says ::ffff:1.2.3.4, and counts on with those', () => {
    const pool = new TCPConnectionPool();
    const from = (address: string) => join(pool, { addresses: [{ address, port: 9 }, { address: '::1', port: 2 }] }).id;
    expect([from('::ffff:1.2.3.4'), from('1.2.3.4'), from('::FFFF:1.2.3.4')]).toEqual(['1.2.3.4:9', '1.2.3.4:9#2', '1.2.3.4:9#3']);
    expect(from('::ffff:1.2.3.4.5')).toBe('::ffff:1.2.3.4.5:9');
    for (const { id } of pool) pool.removeConnection(id);
    expect(from('::ffff:1.2.3.4')).toBe('1.2.3.4:9');
  });

  it('counts on while others have the same address and port, and begins anew when none has', () => {
    const pool = new TCPConnectionPool();
    const ids = Array.from({ length: 3 }, () => join(pool, { addresses }).id);
    expect(ids).toEqual(['10.0.0.1:5000', '10.0.0.1:5000#2', '10.0.0.1:5000#3']);
    pool.removeConnection('10.0.0.1:5000');
    pool.removeConnection('10.0.0.1:5000#2');
    expect(join(pool, { addresses }).id).toBe('10.0.0.1:5000#4');
    for (const { id } of pool) pool.removeConnection(id);
    expect(join(pool, { addresses }).id).toBe('10.0.0.1:5000');
  });

  it('is unique for a thousand sockets that look alike, as the streams of one connection do', () => {
    const pool = new TCPConnectionPool();
    const ids = Array.from({ length: 1000 }, () => join(pool, { addresses }).id);
    expect(new Set(ids).size).toBe(1000);
    expect(pool.size).toBe(1000);
  });

  it('is unique for unix sockets, for ever', async () => {
    const pool = new TCPConnectionPool();
    const path = joinPath(tmpdir(), `verb-tcp-pool-${process.pid}.sock`);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const { socket, peer } = await realPair(path);
      ids.push(pool.addConnection(socket));
      peer.destroy();
      socket.resume();
      await until(() => pool.size === 0);
    }
    await rm(path, { force: true });
    expect(ids).toEqual(['unix#1', 'unix#2', 'unix#3']);
  });

  it('is that of the first time, for a socket added twice', async () => {
    const pool = new TCPConnectionPool({ maxConnections: 1 });
    const [, socket] = socketPair();
    const id = pool.addConnection(socket);
    expect(pool.addConnection(socket)).toBe(id);
    expect(pool.size).toBe(1);
    expect(socket.listenerCount('close')).toBe(1);
    pool.removeConnection(id);
    await settled();
  });

  it('finds its connection, and nothing when that is gone', () => {
    const pool = new TCPConnectionPool();
    const { id, socket } = join(pool);
    expect(pool.has(id)).toBe(true);
    expect(pool.get(id)).toMatchObject({ id, socket, remoteAddress: '127.0.0.1', remotePort: socket.remotePort });
    expect([...pool].map((connection) => connection.id)).toEqual([id]);
    pool.removeConnection(id);
    expect([pool.has(id), pool.get(id), [...pool], pool.size]).toEqual([false, undefined, [], 0]);
  });
});
