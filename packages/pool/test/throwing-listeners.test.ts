import { expect, it } from 'vitest';
import { TCPConnectionPool } from '../src/index.js';
import { collect, join, record, settled, until } from './peers.js';

it('what a listener throws or rejects with becomes a warning, and the pool goes on', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const pool = new TCPConnectionPool({ maxConnections: 2, maxBufferedBytes: 1 });
  for (const name of ['add', 'remove', 'idle', 'full', 'slow'] as const) {
    pool.on(name, () => {
      throw new Error(`from ${name}`);
    });
  }
  const { events } = record(pool);
  const [stalled, healthy] = [join(pool), join(pool)];
  expect(() => join(pool)).toThrow('Connection limit reached');
  const received = collect(healthy.peer);
  let sent = 0;
  while (pool.has(stalled.id)) {
    pool.broadcast(Buffer.alloc(50_000));
    sent++;
    await until(() => received.text.length === sent * 50_000);
    await settled();
  }
  expect(pool.has(healthy.id)).toBe(true);
  pool.cleanup(0);
  await settled();
  // A listener behind one that throws is not run, as everywhere in Node.
  expect(events).toEqual([]);
  expect(new Set(warnings.map(({ message }) => message.split('\n')[0]))).toEqual(
    new Set(['Error: from add', 'Error: from full', 'Error: from slow', 'Error: from remove', 'Error: from idle']),
  );
  warnings.length = 0;
  const other = new TCPConnectionPool();
  other.on('add', () => Promise.reject(new Error('later')) as unknown as void);
  const { id } = join(other);
  await until(() => warnings.length > 0);
  expect(warnings[0]).toMatchObject({ name: 'TCPConnectionPool', detail: "thrown by a listener of 'add'" });
  other.removeConnection(id);
  process.off('warning', onWarning);
});
