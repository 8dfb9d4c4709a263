// The client: what can be sent and fetched, cancelled, checked, listed; and a peer that is older, or lies.
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TCPFileTransferClient, type TransferProgress } from '../src/index.js';
import { openStage, pattern, RawPeer, until } from './stage.js';

const MIB = 1024 * 1024;

describe.each(['json', 'binary'] as const)('as %s', (mode) => {
  it.each([0, 1, 65_535, 65_536, 65_537, 3 * MIB + 1])('%i bytes go up and come back', async (length) => {
    await using stage = await openStage({ allowDownload: true });
    const bytes = pattern(length);
    const client = stage.client({ mode });
    const put = await client.upload(bytes, { name: 'f', mtime: 1_600_000_000_000 });
    expect(put).toMatchObject({ filename: 'f', bytes: length, resumedFrom: 0, mode });
    const got = await client.download('f', join(stage.folder, 'got'));
    expect(got).toMatchObject({ bytes: length, sha256: put.sha256, mode });
    expect((await readFile(join(stage.folder, 'got'))).equals(bytes)).toBe(true);
    expect((await stat(join(stage.folder, 'got'))).mtimeMs).toBe(1_600_000_000_000);
  });

  it('several at once over one connection keep apart', async () => {
    await using stage = await openStage({ allowDownload: true });
    const client = stage.client({ mode });
    const all = [1, 2, 3, 4].map((seed) => pattern(700_000, seed));
    await Promise.all(all.map((bytes, n) => client.upload(bytes, { name: `f${n}` })));
    await Promise.all(all.map((_, n) => client.download(`f${n}`, stage.folder)));
    for (const [n, bytes] of all.entries()) expect((await readFile(join(stage.folder, `f${n}`))).equals(bytes)).toBe(true);
  });

  it('is cancelled by a signal, and no part is left on either side', async () => {
    await using stage = await openStage({ allowDownload: true });
    const client = stage.client({ mode, windowBytes: MIB });
    const bytes = pattern(8 * MIB);
    for (const way of ['up', 'down']) {
      const abort = new AbortController();
      const onProgress = ({ bytes: done }: TransferProgress): void => void (done > 2 * MIB && abort.abort());
      const settings = { name: 'f', signal: abort.signal, onProgress };
      const transfer = way === 'up' ? client.upload(bytes, settings) : client.download('g', join(stage.folder, 'got'), settings);
      await expect(transfer).rejects.toMatchObject({ code: 'ERR_FILE_CANCELLED' });
      if (way === 'up') await client.upload(bytes, { name: 'g' });
    }
    await until(async () => (await readdir(join(stage.uploads, '.incoming'))).length === 0);
    await until(async () => (await readdir(stage.folder)).join() === 'uploads');
    expect(await readdir(stage.uploads)).toEqual(['.incoming', 'g']);
  });
});

describe('conflicts', () => {
  it('are renamed or replaced where the server says so', async () => {
    await using renaming = await openStage({ onConflict: 'rename' });
    const names = [];
    for (let n = 0; n < 3; n++) names.push((await renaming.client().upload(Buffer.from(String(n)), { name: 'a.txt' })).filename);
    expect(names).toEqual(['a.txt', 'a (1).txt', 'a (2).txt']);
    await using replacing = await openStage({ onConflict: 'replace' });
    for (let n = 0; n < 3; n++) await replacing.client().upload(Buffer.from(String(n)), { name: 'a.txt' });
    expect(await readFile(join(replacing.uploads, 'a.txt'), 'utf8')).toBe('2');
    await mkdir(join(replacing.uploads, 'folder'));
    await expect(replacing.client().upload(Buffer.from('x'), { name: 'folder' })).rejects.toMatchObject({ code: 'ERR_FILE_FILE_EXISTS' });
  });

  it('at the destination of a download are refused before anything is fetched', async () => {
    await using stage = await openStage({ allowDownload: true });
    const client = stage.client();
    await client.upload(Buffer.from('new'), { name: 'f' });
    await writeFile(join(stage.folder, 'f'), 'old');
    await expect(client.download('f', stage.folder)).rejects.toMatchObject({ code: 'ERR_FILE_FILE_EXISTS' });
    expect(await readFile(join(stage.folder, 'f'), 'utf8')).toBe('old');
    await client.download('f', stage.folder, { onConflict: 'replace' });
    expect(await readFile(join(stage.folder, 'f'), 'utf8')).toBe('new');
  });
});

describe('a listing', () => {
  it('has every file, in order, over as many pages as it takes', async () => {
    await using stage = await openStage({ allowList: true });
    await mkdir(stage.uploads, { recursive: true });
    await Promise.all(Array.from({ length: 1205 }, (_, n) => writeFile(join(stage.uploads, `f${n}`), 'x'.repeat(n % 3))));
    const entries = await stage.client().list();
    expect(entries).toHaveLength(1205);
    expect(entries.map(({ name }) => name)).toEqual([...entries].map(({ name }) => name).sort());
    expect(entries.find(({ name }) => name === 'f2')).toMatchObject({ size: 2 });
  });
});

describe('what cannot be', () => {
  it('throws at once', async () => {
    await using stage = await openStage();
    const client = stage.client();
    expect(() => new TCPFileTransferClient(5 as never)).toThrow(TypeError);
    expect(() => new TCPFileTransferClient(() => stage.dial(), { windowBytes: 0 })).toThrow('windowBytes must be an integer from 1 to 2147483647, got 0');
    await expect(client.upload(Buffer.from('x'))).rejects.toThrow(TypeError);
    await expect(client.upload(Readable.from([]), { name: 'f' })).rejects.toThrow('size is needed');
    await expect(client.upload(join(stage.folder, 'absent'))).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    await expect(client.upload(stage.folder)).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    await expect(client.download('absent', stage.folder)).rejects.toMatchObject({ code: 'ERR_FILE_NOT_ALLOWED' });
    await expect(client.list()).rejects.toMatchObject({ code: 'ERR_FILE_NOT_ALLOWED' });
    await expect(client.upload(Readable.from([Buffer.alloc(5)]), { name: 'f', size: 6 })).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED' });
    await expect(client.upload(Readable.from([Buffer.alloc(7)]), { name: 'f', size: 6 })).rejects.toMatchObject({ code: 'ERR_FILE_CHANGED' });
    client.close();
    await expect(client.upload(Buffer.from('x'), { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_CLOSED' });
  });
});

/** A server by hand. */
async function byHand(serve: (peer: RawPeer) => Promise<void>): Promise<{ client: (options?: object) => TCPFileTransferClient } & AsyncDisposable> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    serve(new RawPeer(socket)).catch(() => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { connect } = await import('node:net');
  const { port } = server.address() as AddressInfo;
  return {
    client: (options = {}) => new TCPFileTransferClient(connect(port, '127.0.0.1').on('error', () => {}), { retries: [], ...options }),
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

describe('a server that knows only the documented messages', () => {
  async function documented(peer: RawPeer): Promise<void> {
    let receivedBytes = 0;
    for (;;) {
      const { type, transferId, chunkIndex, data, filename = 'f' } = await peer.next();
      if (type === 'file_start') peer.send({ type: 'file_start_ack', transferId, status: 'ready' });
      if (type === 'file_chunk') receivedBytes += Buffer.from(data, 'base64').length;
      if (type === 'file_chunk') peer.send({ type: 'file_chunk_ack', transferId, chunkIndex, receivedBytes });
      if (type === 'file_end') peer.send({ type: 'file_complete', transferId, filename, receivedBytes, duration: 1, avgSpeed: 1 });
    }
  }

  it('is served in its way, with a warning', async () => {
    await using old = await byHand(documented);
    const client = old.client();
    const warnings: string[] = [];
    client.on('warning', ({ code }) => warnings.push(code));
    expect(await client.upload(pattern(300_000), { name: 'f' })).toMatchObject({ bytes: 300_000, sha256: undefined, mode: 'json' });
    expect(warnings).toEqual(['ERR_FILE_NOT_SUPPORTED']);
    client.close();
  });

  it('is an error where integrity or binary mode is required', async () => {
    await using old = await byHand(documented);
    for (const options of [{ requireIntegrity: true }, { mode: 'binary' }]) {
      const client = old.client(options);
      await expect(client.upload(pattern(10), { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_NOT_SUPPORTED' });
      client.close();
    }
  });
});

describe('a server that lies', () => {
  it.each([
    ['acknowledges what was not sent', { type: 'file_chunk_ack', chunkIndex: 99, receivedBytes: 1 }],
    ['calls complete what is not', { type: 'file_complete', filename: 'f', receivedBytes: 0, duration: 1, avgSpeed: 0 }],
    ['begins behind the end', { type: 'file_start_ack', status: 'resume', nextChunk: 1e6, caps: [] }],
    ['acks with nonsense', { type: 'file_start_ack', status: 'maybe' }],
  ])('%s: an error, and no more', async (_what, lie) => {
    await using liar = await byHand(async (peer) => {
      const { transferId } = await peer.next();
      if (lie.type !== 'file_start_ack') peer.send({ type: 'file_start_ack', transferId, status: 'ready' });
      peer.send({ ...lie, transferId });
    });
    const client = liar.client({ windowBytes: 1, chunkSize: 10 });
    await expect(client.upload(pattern(1000), { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_BAD_MESSAGE' });
    client.close();
  });

  it('says nothing: stalled', async () => {
    await using silent = await byHand(async () => {});
    const client = silent.client({ stallTimeout: 30 });
    await expect(client.upload(pattern(10), { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_STALLED' });
    await expect(client.list()).rejects.toMatchObject({ code: 'ERR_FILE_STALLED' });
    client.close();
  });

  it('sends a file that nobody asked for: not allowed', async () => {
    const answers: string[] = [];
    await using pusher = await byHand(async (peer) => {
      peer.send({ type: 'file_start', transferId: 'x', filename: 'evil', fileSize: 1, chunkSize: 1 });
      answers.push(...[await peer.next()].map(({ code }) => code));
    });
    const client = pusher.client();
    await until(() => answers.length > 0);
    expect(answers).toEqual(['not_allowed']);
    client.close();
  });
});
