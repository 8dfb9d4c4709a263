// What the user of a server is told, and asked: events, quota, a folder that cannot be written to, and a peer that ends early.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TCPFileTransferServer, type FileTransferError, type TCPSocket, type TransferInfo } from '../src/index.js';
import { faultyDisk, systemError } from './faulty-disk.js';
import { openFolder, openStage, pattern, until, type Stage } from './stage.js';

const start = { type: 'file_start', transferId: 't', filename: 'f', fileSize: 20, chunkSize: 10 };
const SECRET = 'a-secret-of-many-characters';

interface Told {
  error: FileTransferError;
  transfer: TransferInfo | undefined;
  socket: TCPSocket | undefined;
}

function listen(stage: Stage): Told[] {
  const all: Told[] = [];
  stage.files.on('error', (error, transfer, socket) => all.push({ error, transfer, socket }));
  return all;
}

describe("the server's error event", () => {
  it('has every message that was refused, and the socket that it came on', async () => {
    await using stage = await openStage({ allowDownload: true });
    const told = listen(stage);
    const peer = await stage.peer();
    const bad = [
      { type: 'nope' },
      '{]',
      { ...start, transferId: '' },
      { ...start, fileSize: -1 },
      { ...start, chunkSize: 0 },
      { type: 'file_list', requestId: 'r' },
    ];
    for (const message of bad) await peer.ask(message);
    expect(told.map(({ error }) => error.wireCode)).toEqual(['bad_message', 'bad_message', 'bad_transfer_id', 'bad_file_size', 'bad_chunk_size', 'not_allowed']);
    expect(new Set(told.map(({ socket }) => socket?.remotePort))).toEqual(new Set([(peer.socket as { localPort?: number }).localPort]));
    // A chunk behind the end of a transfer is no news.
    await peer.ask({ type: 'file_chunk', transferId: 'late', chunkIndex: 0, data: '' });
    await peer.ask({ type: 'file_end', transferId: 'late' });
    const stranger = await stage.peer();
    stranger.socket.write('hello\n');
    await stranger.closed();
    expect(told.slice(6).map(({ error }) => error.wireCode)).toEqual(['bad_message']);
  });

  it('says of a transfer that was refused what was asked for, and by whom', async () => {
    await using stage = await openStage({ authorize: () => false, allowDownload: true });
    const told = listen(stage);
    const peer = await stage.peer();
    await peer.ask(start);
    await peer.ask({ type: 'file_get', transferId: 'g', filename: 'secret' });
    expect(told).toMatchObject([
      { error: { code: 'ERR_FILE_NOT_ALLOWED' }, transfer: { transferId: 't', filename: 'f', direction: 'upload', fileSize: 20, bytes: 0 }, socket: {} },
      { error: { code: 'ERR_FILE_NOT_ALLOWED' }, transfer: { transferId: 'g', filename: 'secret', direction: 'download' }, socket: {} },
    ]);
  });

  it.each([
    ['authorize', { authorize: () => Promise.reject(new Error('mine')) }],
    ['quota', { quota: () => Promise.reject(new Error('mine')) }],
    ['quota', { quota: () => 'x' as never }],
  ])('has one error where %s throws or gives nonsense, and the peer hears not_allowed', async (what, options) => {
    await using stage = await openStage(options);
    const told = listen(stage);
    const peer = await stage.peer();
    expect(await peer.ask(start)).toMatchObject({ code: 'not_allowed', message: 'not allowed' });
    expect(told).toMatchObject([{ error: { code: 'ERR_FILE_HANDLER_FAILED', message: `${what} threw`, cause: expect.any(Error) }, transfer: { filename: 'f' } }]);
  });
});

describe("the server's start event", () => {
  it('says of a download how it travels', async () => {
    await using stage = await openStage({ allowDownload: true });
    const modes: string[] = [];
    stage.files.on('start', ({ direction, mode }) => modes.push(`${direction} ${mode}`));
    await stage.client().upload(pattern(10), { name: 'f' });
    await stage.client().download('f', stage.folder);
    expect(modes).toEqual(['upload binary', 'download binary']);
  });
});

describe('quota', () => {
  it('is asked with what others have, and may still get, that no name shows: under way, waiting, or just let in', async () => {
    const asked: number[] = [];
    let answer: () => void = () => {};
    const quota = ({ reservedBytes, filename }: { reservedBytes: number; filename: string | undefined }): Promise<number> => {
      asked.push(reservedBytes);
      return filename === 'slow' ? new Promise((resolve) => (answer = () => resolve(1e9))) : Promise.resolve(1e9);
    };
    await using stage = await openStage({ quota });
    const peer = await stage.peer();
    await peer.ask({ ...start, fileSize: 40 });
    await peer.ask({ type: 'file_chunk', transferId: 't', chunkIndex: 0, data: pattern(10).toString('base64') });
    const big = { ...start, transferId: SECRET, filename: 'big', fileSize: 300_000, chunkSize: 100_000, caps: ['resume'] };
    const other = await stage.peer();
    await other.ask(big);
    await other.ask({ type: 'file_chunk', transferId: SECRET, chunkIndex: 0, data: pattern(100_000).toString('base64') });
    other.socket.destroy();
    await until(() => stage.errors.length === 1);
    const third = await stage.peer();
    third.send({ ...start, filename: 'slow' });
    await until(() => asked.length === 3);
    const fourth = await stage.peer();
    await fourth.ask({ ...big, fileSize: 300_000 });
    answer();
    await third.next();
    expect(asked).toEqual([0, 40, expect.any(Number), 60]);
    // Before its part is closed, the whole of what broke off.
    expect([100_040, 300_040]).toContain(asked[2]);
    await stage.files.close();
    // What an earlier process has left counts too.
    const files = new TCPFileTransferServer(stage.uploads, { quota, minFreeBytes: 0 });
    stage.server.removeAllListeners('connection').on('connection', (socket) => files.attach(socket));
    await (await stage.peer()).ask({ ...start, filename: 'after' });
    expect(asked.at(-1)).toBe(100_000);
    await files.close();
  });
});

describe('a folder', () => {
  it('that cannot be written to is listed and fetched from', async () => {
    const uploads = await openFolder();
    await writeFile(join(uploads, 'f'), 'x');
    const fileSystem = faultyDisk((call) => {
      if (call === 'mkdir') throw systemError('EACCES');
    });
    await using stage = await openStage({ fileSystem, allowDownload: true, allowList: true }, uploads);
    expect(await stage.client().list()).toMatchObject([{ name: 'f', size: 1 }]);
    await stage.client().download('f', join(stage.folder, 'got'));
  });

  it('that is not there has nothing in it', async () => {
    const fileSystem = faultyDisk((call) => {
      if (call === 'mkdir') throw systemError('EACCES');
    });
    await using stage = await openStage({ fileSystem, allowDownload: true, allowList: true });
    expect(await stage.client().list()).toEqual([]);
    await expect(stage.client().download('f', stage.folder)).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
  });

  it('says which other spelling of a name is taken', async () => {
    await using stage = await openStage({ onConflict: 'replace' });
    await mkdir(stage.uploads, { recursive: true });
    await writeFile(join(stage.uploads, 'a'), 'x');
    await expect(stage.client().upload(pattern(1), { name: 'A' })).rejects.toMatchObject({
      code: 'ERR_FILE_FILE_EXISTS',
      message: 'there is a file of that name, in another spelling: "a"',
    });
  });
});

describe('a peer that sends everything and its end in one breath', () => {
  it('gets every answer, and then our end', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    const messages = [
      { ...start, fileSize: 10 },
      { type: 'file_chunk', transferId: 't', chunkIndex: 0, data: pattern(10).toString('base64') },
      { type: 'file_end', transferId: 't' },
    ];
    peer.socket.end(messages.map((message) => JSON.stringify(message)).map((text) => `${text.length}\n${text}`).join(''));
    await peer.closed();
    expect(peer.texts.map((text) => JSON.parse(text).type)).toEqual(['file_start_ack', 'file_chunk_ack', 'file_progress', 'file_complete']);
    expect(await readdir(stage.uploads)).toEqual(['.incoming', 'f']);
  });
});
