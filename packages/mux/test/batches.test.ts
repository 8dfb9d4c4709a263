// How often the carrier is written to: what is said in one turn leaves together, and callbacks still mean that it has left.
import { expect, it, vi } from 'vitest';
import { muxOver, muxPair, readAll, settled, streamPair, tcpPair, until, type MuxPair } from './pairs.js';

/** Counts the batches that each side hands to its socket from now on. */
function batchesOf({ sockets }: MuxPair): () => [number, number] {
  const [ours, theirs] = sockets.map((socket) => vi.spyOn(socket, 'cork'));
  return () => [ours!.mock.calls.length, theirs!.mock.calls.length];
}

async function extended(): Promise<MuxPair> {
  const pair = muxPair();
  pair.server.handle('first', (stream) => stream.resume());
  await readAll(pair.client.openStream('first').end());
  await pair.client.ping();
  await settled();
  return pair;
}

it('open, write and end of one turn are one batch, and so is an answer that is written and ended', async () => {
  const pair = await extended();
  pair.server.handle('ask', (stream) => stream.on('data', (bytes: Buffer) => stream.end(bytes)));
  const batches = batchesOf(pair);
  const stream = pair.client.openStream('ask');
  stream.write('question');
  stream.end();
  expect((await readAll(stream)).toString()).toBe('question');
  await settled();
  // The acknowledgement of the open is one of its own.
  expect(batches()).toEqual([1, 2]);
  expect([pair.client.streams, pair.server.streams]).toEqual([[], []]);
  pair.client.destroy();
});

it('a hundred such streams of one turn are one batch', async () => {
  const pair = await extended();
  pair.server.handle('ask', (stream) => stream.resume());
  const batches = batchesOf(pair);
  for (let count = 0; count < 100; count++) pair.client.openStream('ask').end('question');
  await settled();
  expect(batches()[0]).toBe(1);
  pair.client.destroy();
});

it('several writes and the end of one turn are two: the first, and all that Node held back behind it', async () => {
  const pair = await extended();
  const [a, b] = await streamPair(pair);
  await settled();
  const batches = batchesOf(pair);
  for (const word of ['one', 'two', 'three']) a.write(word);
  a.end('four');
  expect((await readAll(b)).toString()).toBe('onetwothreefour');
  await settled();
  expect(batches()[0]).toBe(2);
  pair.client.destroy();
});

it('the callback of a last write waits for the socket, and comes before the callback of the end', async () => {
  const pair = muxOver(await tcpPair());
  const [a, b] = await streamPair(pair);
  const events: string[] = [];
  let isWritten = false;
  a.on('finish', () => events.push('finish'));
  a.write('last', () => {
    events.push('written');
    isWritten = pair.sockets[0].writableLength === 0;
  });
  a.end(() => events.push('ended'));
  expect(events).toEqual([]);
  b.resume().end();
  await until(() => events.length === 3);
  expect(events).toEqual(['written', 'ended', 'finish']);
  expect(isWritten).toBe(true);
  pair.client.destroy();
});

it('what is longer than the window keeps its end until the last byte, and a write that is empty holds none up', async () => {
  const pair = await extended();
  const [a, b] = await streamPair(pair);
  a.write(Buffer.alloc(1_000_000));
  a.write('');
  a.end();
  await settled(100);
  expect(a.writableFinished).toBe(false);
  expect((await readAll(b)).length).toBe(1_000_000);
  expect(a.writableFinished).toBe(true);
  pair.client.destroy();
});
