import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, inject, it, onTestFinished } from 'vitest';
import type { ClusterReport } from './fixtures/full-cluster.js';
import { closed, dial } from './sockets.js';

/** Three processes need a while where much else is going on. */
const PATIENCE = 60_000;

async function startCluster(): Promise<{ primary: ChildProcess; port: number }> {
  const primary = fork(join(inject('fixtures'), 'full-cluster.js'), { execArgv: [] });
  onTestFinished(() => void primary.kill('SIGKILL'));
  const [port] = (await once(primary, 'message')) as [number];
  return { primary, port };
}

async function report(primary: ChildProcess): Promise<ClusterReport> {
  primary.send('report');
  const [answer] = (await once(primary, 'message')) as [ClusterReport];
  return answer;
}

/** The connection where it was welcomed, `undefined` where it was closed. */
async function knock(port: number): Promise<Socket | undefined> {
  const client = await dial(port);
  const isIn = await Promise.race([
    new Promise<boolean>((resolve) => client.once('data', () => resolve(true))),
    closed(client).then(() => false),
  ]);
  return isIn ? client : undefined;
}

/** Knocks until so many are in, and gives them and how many were not. */
async function fill(port: number, count: number): Promise<{ clients: Socket[]; refused: number }> {
  const clients: Socket[] = [];
  let refused = 0;
  while (clients.length < count) {
    const client = await knock(port);
    if (client !== undefined) clients.push(client);
    else if (++refused > 1000) throw new Error('nobody is let in');
  }
  return { clients, refused };
}

it('full workers refuse visibly, and cost the primary next to nothing', async () => {
  const { primary, port } = await startCluster();
  const { clients, refused } = await fill(port, 2);
  const before = await report(primary);
  // They come for a second and a half, and nobody waits for an answer.
  const knocks = Array.from({ length: 30 }, (_, index) => wait(index * 50).then(() => knock(port)));
  expect(await Promise.all(knocks)).toEqual(knocks.map(() => undefined));
  const after = await report(primary);
  expect(after.accepted).toBe(2);
  expect(after.refused).toEqual({ ERR_TCP_CONNECTION_LIMIT: refused + 30 });
  expect(after.time - before.time).toBeGreaterThan(1000);
  // With Node's own `maxConnections` the primary hands them round for ever: half of a core and more.
  expect((after.cpu - before.cpu) / (after.time - before.time)).toBeLessThan(0.15);

  // A slot comes back.
  clients[0]?.end();
  const again = await fill(port, 1);
  for (const client of [...clients, ...again.clients]) client.destroy();
}, PATIENCE);

it('workers share unix sockets that killed servers left, and live on where the primary fails what they gave up', () => {
  const folder = mkdtempSync(join(tmpdir(), 'verb-tcp-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const node = [join(inject('fixtures'), 'cluster-listen.js'), folder];
  const { stdout, stderr } = spawnSync(process.execPath, node, { encoding: 'utf8', timeout: PATIENCE });
  expect(stdout, stderr).not.toBe('');
  const { shared, closed, aborted, left } = JSON.parse(stdout) as Record<string, string[]>;
  expect(new Set(shared)).toEqual(new Set(['listening']));
  expect(closed).toEqual(['ERR_TCP_CLOSED', 'ERR_TCP_CLOSED']);
  expect(aborted).toEqual(['changed my mind', 'changed my mind']);
  expect(left).toEqual(['listening', 'listening']);
}, PATIENCE);
