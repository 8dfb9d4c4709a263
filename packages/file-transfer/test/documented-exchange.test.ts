// The documented messages, byte for byte, for a peer that knows only them.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { socketPair } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { TCPFileTransferServer } from '../src/index.js';
import { openStage, pattern, RawPeer } from './stage.js';

const start = (transferId: string, filename: string, fileSize: number, chunkSize: number): string =>
  `{"type":"file_start","transferId":"${transferId}","filename":"${filename}","fileSize":${fileSize},"chunkSize":${chunkSize}}`;
const chunk = (transferId: string, chunkIndex: number, bytes: Buffer): string =>
  `{"type":"file_chunk","transferId":"${transferId}","chunkIndex":${chunkIndex},"data":"${bytes.toString('base64')}"}`;

describe('a peer that knows only the documented messages', () => {
  it('uploads a file and sees the documented bytes and no others', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    const bytes = pattern(2500);
    peer.send(start('t1', 'a.bin', 2500, 1000));
    expect(await peer.text()).toBe('{"type":"file_start_ack","transferId":"t1","status":"ready"}');
    peer.send(chunk('t1', 0, bytes.subarray(0, 1000)));
    expect(await peer.text()).toBe('{"type":"file_chunk_ack","transferId":"t1","chunkIndex":0,"receivedBytes":1000}');
    expect(await peer.text()).toBe('{"type":"file_progress","transferId":"t1","progress":40,"receivedBytes":1000,"totalBytes":2500}');
    peer.send(chunk('t1', 1, bytes.subarray(1000, 2000)));
    expect(await peer.text()).toBe('{"type":"file_chunk_ack","transferId":"t1","chunkIndex":1,"receivedBytes":2000}');
    peer.send(chunk('t1', 2, bytes.subarray(2000)));
    expect(await peer.text()).toBe('{"type":"file_chunk_ack","transferId":"t1","chunkIndex":2,"receivedBytes":2500}');
    peer.send('{"type":"file_end","transferId":"t1"}');
    const complete = await peer.text();
    expect(complete).toMatch(/^\{"type":"file_complete","transferId":"t1","filename":"a.bin","receivedBytes":2500,"duration":\d+,"avgSpeed":[\d.]+\}$/);
    expect(await readFile(join(stage.uploads, 'a.bin'))).toEqual(bytes);
    expect(await readdir(join(stage.uploads, '.incoming'))).toEqual([]);
  });

  it('may write everything at once, and waits for nothing', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    const bytes = pattern(250);
    peer.send(start('t', 'p', 250, 1));
    for (let at = 0; at < 250; at++) peer.send(chunk('t', at, bytes.subarray(at, at + 1)));
    peer.send('{"type":"file_end","transferId":"t"}');
    await peer.until('file_complete');
    const types = peer.texts.map((text) => JSON.parse(text).type);
    expect(types.filter((type) => type === 'file_chunk_ack')).toHaveLength(250);
    expect(types.filter((type) => type === 'file_progress')).toHaveLength(3);
    expect(await readFile(join(stage.uploads, 'p'))).toEqual(bytes);
  });

  it('is told numbers where the documented listing would divide by zero', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    peer.send(start('t', 'empty', 0, 1000));
    peer.send('{"type":"file_end","transferId":"t"}');
    const { receivedBytes, duration, avgSpeed } = await peer.until('file_complete');
    expect([receivedBytes, avgSpeed, duration >= 1]).toEqual([0, 0, true]);
    expect(await readFile(join(stage.uploads, 'empty'))).toHaveLength(0);
  });

  it('gets "Transfer not found" for what is unknown, finished, or of another connection', async () => {
    await using stage = await openStage();
    const [ann, eve] = [await stage.peer(), await stage.peer()];
    await ann.ask(start('t', 'a', 10, 10));
    const notFound = { type: 'error', message: 'Transfer not found', code: 'unknown_transfer', transferId: 't' };
    expect(await eve.ask(chunk('t', 0, pattern(10)))).toMatchObject(notFound);
    expect(await eve.ask('{"type":"file_end","transferId":"t"}')).toMatchObject(notFound);
    expect(await eve.ask('{"type":"file_cancel","transferId":"t"}')).toMatchObject(notFound);
    expect(eve.texts[0]!.startsWith('{"type":"error","message":"Transfer not found"')).toBe(true);
    expect(await eve.ask(start('t', 'b', 5, 10))).toMatchObject({ status: 'ready' });
    for (const [peer, bytes] of [[ann, pattern(10)], [eve, pattern(5, 9)]] as const) {
      peer.send(chunk('t', 0, bytes));
      peer.send('{"type":"file_end","transferId":"t"}');
      await peer.until('file_complete');
    }
    expect(await readFile(join(stage.uploads, 'a'))).toEqual(pattern(10));
    expect(await readFile(join(stage.uploads, 'b'))).toEqual(pattern(5, 9));
    expect(await ann.ask(chunk('t', 0, pattern(10)))).toMatchObject(notFound);
  });

  it('leaves nothing behind when it goes in the middle', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    await peer.ask(start('t', 'half', 2000, 1000));
    await peer.ask(chunk('t', 0, pattern(1000)));
    const failed = new Promise<unknown[]>((resolve) => stage.files.once('error', (...about) => resolve(about)));
    peer.socket.destroy();
    expect(await failed).toMatchObject([{ code: 'ERR_FILE_CLOSED', transferId: 't' }, { bytes: 1000 }, {}]);
    await stage.files.close();
    expect(await readdir(stage.uploads)).toEqual(['.incoming']);
    expect(await readdir(join(stage.uploads, '.incoming'))).toEqual([]);
  });
});

describe('handleFileTransfer', () => {
  it('serves messages that an application frames itself, and answers by its encoder', async () => {
    await using stage = await openStage();
    const files = new TCPFileTransferServer(stage.uploads, { encode: (message) => `${JSON.stringify(message)}\n`, minFreeBytes: 0 });
    const [socket, other] = socketPair();
    let answers = '';
    other.on('data', (bytes: Buffer) => (answers += bytes.toString()));
    await files.handleFileTransfer(socket, JSON.parse(start('x', 'own', 3, 2)));
    await files.handleFileTransfer(socket, JSON.parse(chunk('x', 0, Buffer.from('ab'))));
    await files.handleFileTransfer(socket, JSON.parse(chunk('x', 1, Buffer.from('c'))));
    await files.handleFileTransfer(socket, { type: 'file_end', transferId: 'x' });
    await new Promise((resolve) => files.once('complete', resolve));
    await files.close();
    while (!answers.includes('file_complete')) await new Promise((resolve) => setImmediate(resolve));
    expect(answers.split('\n').map((line) => line && JSON.parse(line).type)).toEqual([
      'file_start_ack',
      'file_chunk_ack',
      'file_progress',
      'file_chunk_ack',
      'file_complete',
      '',
    ]);
    expect(await readFile(join(stage.uploads, 'own'), 'utf8')).toBe('abc');
  });

  it('ends a transfer whose messages are handed over faster than they are taken', async () => {
    await using stage = await openStage({ maxPendingBytes: 65_536 });
    const [socket, other] = socketPair();
    const peer = new RawPeer(other);
    const data = pattern(30_000).toString('base64');
    await stage.files.handleFileTransfer(socket, { type: 'file_start', transferId: 'x', filename: 'f', fileSize: 300_000, chunkSize: 30_000 });
    for (let chunkIndex = 0; chunkIndex < 10; chunkIndex++) {
      void stage.files.handleFileTransfer(socket, { type: 'file_chunk', transferId: 'x', chunkIndex, data });
    }
    expect(await peer.until('error')).toMatchObject({ code: 'too_much_pending', transferId: 'x' });
    expect(stage.errors).toEqual(['ERR_FILE_TOO_MUCH_PENDING']);
  });

  it('throws for what is no socket, and takes any message', async () => {
    await using stage = await openStage();
    expect(() => stage.files.handleFileTransfer({} as never, {})).toThrow(TypeError);
    expect(() => stage.files.attach(7 as never)).toThrow(TypeError);
    const [socket, other] = socketPair();
    const peer = new RawPeer(other);
    for (const message of [undefined, null, 5, 'x', [], {}, { type: 5 }, { type: 'nope' }, { type: 'file_end' }]) {
      await stage.files.handleFileTransfer(socket, message);
    }
    for (let count = 0; count < 9; count++) expect(await peer.next()).toMatchObject({ type: 'error', code: 'bad_message' });
  });
});
