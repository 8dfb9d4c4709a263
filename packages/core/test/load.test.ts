import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { closed, dial, readAll, serve, until } from './sockets.js';

/** Runs `work` for 0…count-1, at most `inFlight` at once. */
async function ramp(count: number, inFlight: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

describe('many at once', () => {
  it('serves all of 2 000 clients that connect in one burst', async () => {
    const { server, port } = await serve({ onConnection: (socket) => socket.end('served') });
    const clients = Array.from({ length: 2000 }, () => {
      const client = connect(port, '127.0.0.1');
      client.on('error', () => undefined);
      return readAll(client);
    });
    const answers = await Promise.all(clients);
    expect(answers.filter((answer) => answer.toString() === 'served')).toHaveLength(2000);
    expect(server.stats()).toMatchObject({ accepted: 2000, refused: 0 });
    await server.close();
  });

  it('drains 1 000 connections by the deadline, every byte delivered to those who read', async () => {
    const bytes = 64 * 1024;
    const { server, port } = await serve({ onConnection: (socket) => socket.write(Buffer.alloc(bytes)) });
    const readers: Promise<Buffer>[] = [];
    const stuck: Socket[] = [];
    await ramp(1000, 128, async (index) => {
      const client = await dial(port, { allowHalfOpen: index % 10 === 0 });
      if (index % 10 === 0) stuck.push(client.pause());
      else readers.push(readAll(client));
    });
    await until(() => server.stats().open === 1000);
    const draining = server.shutdown({ gracePeriod: 60_000 });
    await until(() => server.stats().open === 100);
    // What a busy machine keeps this process waiting, with all the clients in it, is not the drain's: so what is counted
    // from the deadline on is turns of the event loop, once the timers of that moment have had theirs. `pnpm soak drain` has
    // the milliseconds.
    const gracePeriod = 300;
    let turns = 0;
    const count = (): void => {
      turns++;
      counting = setImmediate(count);
    };
    let counting: NodeJS.Immediate | undefined;
    setTimeout(count, gracePeriod + 5);
    void server.shutdown({ gracePeriod });
    const drained = await draining;
    clearImmediate(counting);
    expect(drained).toMatchObject({ drained: 900, forced: 100 });
    expect(turns).toBeLessThan(20);
    const received = await Promise.all(readers);
    expect(received.filter((all) => all.length === bytes)).toHaveLength(900);
    for (const client of stuck) client.destroy();
    expect(server.connections.size).toBe(0);
  });

  it('leaves nothing behind after 1 000 connections of every kind of end', async () => {
    const { server, port } = await serve({ onConnection: (socket) => socket.resume() });
    await ramp(1000, 64, async (index) => {
      const client = await dial(port);
      if (index % 3 === 0) client.end('x');
      else if (index % 3 === 1) client.resetAndDestroy();
      else client.destroy();
      await closed(client.resume());
    });
    await until(() => server.stats().open === 0);
    await server.close();
    expect(server.stats()).toMatchObject({ open: 0, accepted: 1000, refused: 0 });
    // The system's handle goes some turns after its 'close'.
    await until(() => !process.getActiveResourcesInfo().some((kind) => kind.startsWith('TCP')));
  });
});

it('a peer that resets costs nobody else a byte', async () => {
  const { server, port } = await serve({ onConnection: (socket) => socket.pipe(socket) });
  const steady = await dial(port);
  for (let point = 0; point < 20; point++) {
    const hostile = await dial(port);
    hostile.write(Buffer.alloc(point * 5000));
    if (point % 2 === 0) await new Promise(setImmediate);
    hostile.resetAndDestroy();
    steady.write(`still here ${point}`);
    const [answer] = (await once(steady, 'data')) as [Buffer];
    expect(answer.toString()).toBe(`still here ${point}`);
  }
  steady.end();
  await closed(steady);
  await server.close();
});
