// Going on where it broke off: on another connection, in another process, after damage; and never with another's part.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { open, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { TCPFileTransferClient, TCPFileTransferServer, type TransferProgress } from '../src/index.js';
import { openStage, pattern, until, type Stage } from './stage.js';

const MIB = 1024 * 1024;
const SECRET = 'a-secret-of-many-characters';

/** Uploads until so much is there, and cuts the connection. */
async function breakOff(stage: Stage, bytes: Buffer, at: number, options: { mode?: 'json' | 'binary'; name?: string } = {}): Promise<void> {
  const sockets: Socket[] = [];
  const client = stage.client({ mode: options.mode ?? 'auto', windowBytes: MIB });
  stage.server.once('connection', (socket) => sockets.push(socket));
  const onProgress = ({ bytes: done }: TransferProgress): void => void (done >= at && sockets[0]?.destroy());
  await expect(client.upload(bytes, { name: options.name ?? 'f', transferId: SECRET, onProgress })).rejects.toMatchObject({ code: 'ERR_FILE_CLOSED' });
  await until(async () => (await stage.files.cleanup()) === 0 && stage.errors.length > 0);
}

describe('an upload that broke off', () => {
  it.each(['json', 'binary'] as const)('goes on behind what is there, as %s', async (mode) => {
    await using stage = await openStage();
    const bytes = pattern(8 * MIB + 3);
    await breakOff(stage, bytes, 3 * MIB, { mode });
    const result = await stage.client({ mode }).upload(bytes, { name: 'f', transferId: SECRET });
    expect(result.resumedFrom).toBeGreaterThanOrEqual(3 * MIB);
    expect(result.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect((await readFile(join(stage.uploads, 'f'))).equals(bytes)).toBe(true);
    expect(await readdir(join(stage.uploads, '.incoming'))).toEqual([]);
  });

  it('goes on at a server that was started anew', async () => {
    await using stage = await openStage();
    const bytes = pattern(8 * MIB);
    await breakOff(stage, bytes, 3 * MIB);
    await stage.files.close();
    await using next = await openStage({}, stage.uploads);
    expect((await next.client().upload(bytes, { name: 'f', transferId: SECRET })).resumedFrom).toBeGreaterThan(0);
    expect((await readFile(join(stage.uploads, 'f'))).equals(bytes)).toBe(true);
  });

  it('is taken over from a connection that has not been noticed to be dead', async () => {
    await using stage = await openStage();
    const bytes = pattern(4 * MIB);
    const peer = await stage.peer();
    const start = { type: 'file_start', transferId: SECRET, filename: 'f', fileSize: bytes.length, chunkSize: 65_536, caps: ['resume', 'sha256'] };
    await peer.ask(start);
    for (let chunkIndex = 0; chunkIndex < 16; chunkIndex++) {
      peer.send({ type: 'file_chunk', transferId: SECRET, chunkIndex, data: bytes.subarray(chunkIndex * 65_536, (chunkIndex + 1) * 65_536).toString('base64') });
    }
    while ((await peer.until('file_chunk_ack')).chunkIndex < 15);
    const result = await stage.client({ chunkSize: 65_536 }).upload(bytes, { name: 'f', transferId: SECRET });
    expect(result.resumedFrom).toBe(MIB);
    expect(await peer.until('error')).toMatchObject({ code: 'superseded', transferId: SECRET });
  });

  it('begins anew where the id could be guessed, and leaves no part', async () => {
    await using stage = await openStage();
    const [one, two] = [await stage.peer(), await stage.peer()];
    const start = { type: 'file_start', transferId: 'short', filename: 'f', fileSize: MIB, chunkSize: 65_536, caps: ['resume'] };
    expect(await one.ask(start)).toMatchObject({ status: 'ready', caps: [], nextChunk: 0 });
    expect(await two.ask({ ...start, filename: 'g' })).toMatchObject({ status: 'ready', nextChunk: 0 });
    one.socket.destroy();
    two.socket.destroy();
    await until(async () => (await readdir(join(stage.uploads, '.incoming'))).length === 0);
  });

  it('is refused with another name, size or chunk size: resume_mismatch', async () => {
    await using stage = await openStage();
    const bytes = pattern(4 * MIB);
    await breakOff(stage, bytes, MIB);
    await expect(stage.client().upload(bytes, { name: 'g', transferId: SECRET })).rejects.toMatchObject({ code: 'ERR_FILE_RESUME_MISMATCH' });
    await expect(stage.client().upload(bytes.subarray(1), { name: 'f', transferId: SECRET })).rejects.toMatchObject({ code: 'ERR_FILE_RESUME_MISMATCH' });
    await expect(stage.client({ chunkSize: 1000 }).upload(bytes, { name: 'f', transferId: SECRET })).rejects.toMatchObject({ code: 'ERR_FILE_RESUME_MISMATCH' });
    expect((await stage.client().upload(bytes, { name: 'f', transferId: SECRET })).resumedFrom).toBeGreaterThan(0);
  });

  it('is expired when it is too old, and then begins anew; the sweep removes what is too old and nothing else', async () => {
    await using stage = await openStage({ partialTtl: 60_000 });
    const bytes = pattern(4 * MIB);
    await breakOff(stage, bytes, MIB);
    const incoming = join(stage.uploads, '.incoming');
    const part = join(incoming, (await readdir(incoming)).find((name) => name.endsWith('.part'))!);
    await utimes(part, 1, 1);
    const peer = await stage.peer();
    const start = { type: 'file_start', transferId: SECRET, filename: 'f', fileSize: bytes.length, chunkSize: 256 * 1024, caps: ['resume'] };
    expect(await peer.ask(start)).toMatchObject({ code: 'expired' });
    expect(await peer.ask(start)).toMatchObject({ status: 'ready', nextChunk: 0 });
    const old = 'f'.repeat(32);
    for (const name of [`${old}.part`, `${old}.json`, 'mine.part', `${old}.txt`]) await writeFile(join(incoming, name), 'x');
    for (const name of [`${old}.part`, 'mine.part', `${old}.txt`]) await utimes(join(incoming, name), 1, 1);
    expect(await stage.files.cleanup()).toBe(3);
    expect(await readdir(incoming)).toEqual(expect.arrayContaining(['mine.part']));
    expect(await readdir(incoming)).not.toContain(`${old}.json`);
  });

  it('whose source is another one now is found out before the rest is sent, and begins anew', async () => {
    await using stage = await openStage();
    const bytes = pattern(4 * MIB);
    await breakOff(stage, bytes, 2 * MIB);
    const other = pattern(4 * MIB, 99);
    const warnings: string[] = [];
    const client = stage.client({ retries: [0, 0] });
    client.on('warning', ({ code }) => warnings.push(code));
    expect((await client.upload(other, { name: 'f', transferId: SECRET })).resumedFrom).toBe(0);
    expect(warnings).toEqual(['ERR_FILE_CHANGED']);
    expect((await readFile(join(stage.uploads, 'f'))).equals(other)).toBe(true);
  });

  it('whose part was damaged is found out by its hash, and begins anew', async () => {
    await using stage = await openStage();
    const bytes = pattern(8 * MIB);
    await breakOff(stage, bytes, 4 * MIB);
    const incoming = join(stage.uploads, '.incoming');
    const part = await open(join(incoming, (await readdir(incoming)).find((name) => name.endsWith('.part'))!), 'r+');
    await part.write('damage', 100);
    await part.close();
    const warnings: string[] = [];
    const client = stage.client({ retries: [0, 0] });
    client.on('warning', ({ code }) => warnings.push(code));
    await client.upload(bytes, { name: 'f', transferId: SECRET });
    expect(warnings).toEqual(['ERR_FILE_CHECKSUM_MISMATCH']);
    expect((await readFile(join(stage.uploads, 'f'))).equals(bytes)).toBe(true);
  });

  it('but had arrived, its last answer lost, is recognised by its hash and not sent again', async () => {
    await using stage = await openStage();
    const bytes = pattern(2 * MIB);
    await stage.client().upload(bytes, { name: 'f', transferId: SECRET });
    await expect(stage.client().upload(bytes, { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_FILE_EXISTS' });
    const told: string[] = [];
    stage.files.on('complete', ({ filename }) => told.push(`complete ${filename}`));
    expect(await stage.client().upload(bytes, { name: 'f', transferId: SECRET })).toMatchObject({ resumedFrom: 2 * MIB });
    expect(told).toEqual(['complete f']);
    const other = pattern(2 * MIB, 5);
    await expect(stage.client().upload(other, { name: 'f', transferId: `${SECRET}2` })).rejects.toMatchObject({ code: 'ERR_FILE_FILE_EXISTS' });
  });
});

describe('a client that may dial', () => {
  it('goes on by itself over connections that are cut again and again, up and down, also from a stream', async () => {
    await using stage = await openStage({ allowDownload: true });
    const bytes = pattern(6 * MIB);
    const cuts = [MIB, 3 * MIB, 4 * MIB];
    let current: Socket | undefined;
    const dial = (): Socket => (current = stage.dial());
    const cutter = (): ((progress: TransferProgress) => void) => {
      const left = [...cuts];
      return ({ bytes: done }) => {
        if (done < (left[0] ?? Infinity)) return;
        left.shift();
        current?.destroy();
      };
    };
    const warnings: string[] = [];
    for (const way of ['up', 'down']) {
      // One try more for each loss: whoever comes farther has it again.
      const client = new TCPFileTransferClient(dial, { retries: [0], windowBytes: MIB });
      client.on('warning', ({ code }) => warnings.push(code));
      const onProgress = cutter();
      if (way === 'up') await client.upload(Readable.from(chunksOf(bytes, 10_007)), { name: 'f', size: bytes.length, onProgress });
      else await client.download('f', join(stage.folder, 'got'), { onProgress });
      client.close();
    }
    expect(warnings).toEqual(Array.from({ length: 2 * cuts.length }, () => 'ERR_FILE_CLOSED'));
    for (const path of [join(stage.uploads, 'f'), join(stage.folder, 'got')]) expect((await readFile(path)).equals(bytes)).toBe(true);
    expect(await readdir(stage.folder)).toEqual(['got', 'uploads']);
  });
});

describe('a resume of a big file', () => {
  it('sends its first new byte without reading what is there', async () => {
    await using stage = await openStage({ maxFileSize: Infinity });
    const source = join(stage.folder, 'source');
    const size = 128 * MIB;
    execFileSync('truncate', ['-s', String(size), source]);
    // What a process that died at 99 % leaves: the part, and the note beside it.
    const key = createHash('sha256').update(SECRET).digest('hex');
    const incoming = join(stage.uploads, '.incoming');
    await stage.files.cleanup();
    const stem = 'a'.repeat(32);
    const there = Math.floor((size * 0.99) / 262_144) * 262_144;
    execFileSync('truncate', ['-s', String(there), join(incoming, `${stem}.part`)]);
    await writeFile(join(incoming, `${stem}.json`), JSON.stringify({ key, filename: 'big', fileSize: size, chunkSize: 262_144 }));
    const files = new TCPFileTransferServer(stage.uploads, { minFreeBytes: 0 });
    stage.server.removeAllListeners('connection').on('connection', (socket) => files.attach(socket));
    const progress: TransferProgress[] = [];
    const result = await stage.client().upload(source, { name: 'big', transferId: SECRET, onProgress: (one) => progress.push(one) });
    await files.close();
    expect(result.resumedFrom).toBe(there);
    expect(progress[0]).toEqual({ bytes: there, totalBytes: size, resumedFrom: there });
    expect((await stat(join(stage.uploads, 'big'))).size).toBe(size);
    expect(result.sha256).toBe(execFileSync('sha256sum', [source]).toString().slice(0, 64));
  });
});

function* chunksOf(bytes: Buffer, length: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}
