import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { TCPConnectionPool, type PoolError } from '../src/index.js';
import { join, record, settled } from './peers.js';

function from(address: string): { addresses: [{ address: string; port: number }, { address: string; port: number }] } {
  return { addresses: [{ address, port: 1 }, { address: '10.0.0.2', port: 80 }] };
}

it.each([{}, undefined, 'text'])('what is no socket (%j) is refused before it is counted', (value) => {
  const pool = new TCPConnectionPool({ maxConnections: 1 });
  expect(() => pool.addConnection(value as never)).toThrow(new TypeError('socket must be a TCPSocket'));
  expect([pool.size, pool.check()]).toEqual([0, { ok: true }]);
});

describe('maxConnections', () => {
  it('is exact: the next one is refused as it was, and a place comes back at once', async () => {
    const pool = new TCPConnectionPool({ maxConnections: 2 });
    const { events } = record(pool);
    const first = join(pool);
    expect(pool.check('1.2.3.4')).toEqual({ ok: true });
    join(pool);
    const [, third] = socketPair();
    expect(pool.check()).toEqual({ ok: false, code: 'ERR_POOL_FULL' });
    const refused = expect.objectContaining({ name: 'PoolError', code: 'ERR_POOL_FULL', limit: 2 }) as PoolError;
    expect(() => pool.addConnection(third)).toThrow(refused);
    expect(() => pool.addConnection(third)).toThrow('Connection limit reached');
    expect(third.destroyed).toBe(false);
    expect(third.listenerCount('close') + third.listenerCount('error')).toBe(0);
    expect(events.slice(2)).toEqual(['full ERR_POOL_FULL', 'full ERR_POOL_FULL']);
    pool.removeConnection(first.id);
    pool.addConnection(third);
    expect(pool.size).toBe(2);
    await settled();
  });

  it('is a thousand without options', () => {
    const pool = new TCPConnectionPool();
    for (let n = 0; n < 1000; n++) join(pool);
    expect(() => join(pool)).toThrow(expect.objectContaining({ code: 'ERR_POOL_FULL', limit: 1000 }) as PoolError);
  });
});

describe('maxConnectionsPerAddress', () => {
  it('counts an address in all its spellings, and gives places back', () => {
    const pool = new TCPConnectionPool({ maxConnectionsPerAddress: 2 });
    const { id } = join(pool, from('1.2.3.4'));
    join(pool, from('::ffff:1.2.3.4'));
    expect(pool.check('1.2.3.4')).toEqual({ ok: false, code: 'ERR_POOL_ADDRESS_FULL' });
    expect(pool.check('1.2.3.5')).toEqual({ ok: true });
    expect(() => join(pool, from('1.2.3.4'))).toThrow(expect.objectContaining({ code: 'ERR_POOL_ADDRESS_FULL', limit: 2 }) as PoolError);
    pool.removeConnection(id);
    expect(pool.check('1.2.3.4')).toEqual({ ok: true });
  });

  it('counts an IPv6 /64 as one, and all unix sockets as one', () => {
    const pool = new TCPConnectionPool({ maxConnectionsPerAddress: 1 });
    join(pool, from('2001:db8:1:2:3:4:5:6'));
    expect(pool.check('2001:db8:1:2::9').ok).toBe(false);
    expect(pool.check('2001:db8:1:3::9').ok).toBe(true);
    join(pool, { addresses: null });
    expect(pool.check(undefined).ok).toBe(false);
  });
});

it('what is refused has taken no id', () => {
  const pool = new TCPConnectionPool({ maxConnections: 1 });
  const { id } = join(pool, { addresses: null });
  for (let n = 0; n < 5; n++) expect(() => join(pool, { addresses: null })).toThrow('Connection limit reached');
  pool.removeConnection(id);
  expect(join(pool, { addresses: null }).id).toBe('unix#2');
});
