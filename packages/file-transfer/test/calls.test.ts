// One call of the client: what it is given, what its errors say, when it tries again, and whose turn it is.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { TCPFileTransferClient, TCPFileTransferServer, type FileTransferError } from '../src/index.js';
import { openStage, pattern, until } from './stage.js';

const MIB = 1024 * 1024;
const SECRET = 'a-secret-of-many-characters';
const x = Buffer.from('x');

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

describe('what cannot be asked for', () => {
  it('is a TypeError at once, and nothing is sent', async () => {
    await using stage = await openStage();
    const client = stage.client();
    for (const settings of [{ onProgress: 5 }, { signal: 5 }, { transferId: '' }, { transferId: 5 }, { name: 5 }, { mtime: 'now' }, { size: 10 }, null]) {
      await expect(client.upload(x, (settings && { name: 'f', ...settings }) as never)).rejects.toThrow(TypeError);
    }
    await expect(client.download('f', stage.folder, { onConflict: 'maybe' as never })).rejects.toThrow('onConflict must be');
    expect(() => new TCPFileTransferClient(() => stage.dial(), null as never)).toThrow('options must be an object, got null');
    expect(() => new TCPFileTransferServer(stage.uploads, null as never)).toThrow('options must be an object, got null');
    const duplex = new PassThrough();
    for (const ask of [(socket: never) => stage.files.attach(socket), (socket: never) => void new TCPFileTransferClient(socket)]) {
      expect(() => ask(duplex as never)).toThrow('must be a TCPSocket');
    }
    await expect(new TCPFileTransferClient(() => 5 as never).list()).rejects.toThrow('the function must give a TCPSocket');
    expect(await new Promise((resolve) => stage.server.getConnections((_error, count) => resolve(count)))).toBe(0);
  });

  it('is a name too long for a message, or one that the peer refuses: both say why', async () => {
    await using stage = await openStage();
    const client = stage.client();
    for (const [name, reason] of [['x'.repeat(3 * MIB), 'too_long'], ['CON', 'reserved'], ['.incoming', 'dotfile']]) {
      await expect(client.upload(x, { name: name! })).rejects.toMatchObject({ code: 'ERR_FILE_BAD_FILENAME', reason });
    }
    await expect(client.download('x'.repeat(3 * MIB), stage.folder)).rejects.toMatchObject({ reason: 'too_long' });
    expect((await client.upload(x, { name: 'f' })).bytes).toBe(1);
  });

  it('is an id that is under way on this client', async () => {
    await using stage = await openStage();
    const client = stage.client();
    const first = client.upload(x, { name: 'f', transferId: SECRET });
    await expect(client.upload(x, { name: 'g', transferId: SECRET })).rejects.toMatchObject({ code: 'ERR_FILE_DUPLICATE_TRANSFER', transferId: SECRET });
    await first;
  });
});

describe('the socket', () => {
  it('gets no Nagle delay, at either end, and where messages are handed over', async () => {
    await using stage = await openStage();
    const noDelay: boolean[] = [];
    const note = (socket: Socket): Socket => {
      const set = socket.setNoDelay.bind(socket);
      socket.setNoDelay = (on) => (noDelay.push(on ?? true), set(on));
      return socket;
    };
    stage.server.prependListener('connection', note);
    const client = new TCPFileTransferClient(() => note(stage.dial()));
    expect((await client.upload(x, { name: 'f' })).bytes).toBe(1);
    client.close();
    expect(noDelay).toEqual([true, true]);
    const framed = note(stage.dial());
    await stage.files.handleFileTransfer(framed, { type: 'file_end', transferId: SECRET });
    expect(noDelay).toEqual([true, true, true]);
  });
});

describe('an upload', () => {
  it('of a file URL has the name and the time of the file', async () => {
    await using stage = await openStage();
    const path = join(stage.folder, 'a file');
    await writeFile(path, 'hello');
    await utimes(path, 1, 1_600_000_000);
    expect(await stage.client().upload(pathToFileURL(path))).toMatchObject({ filename: 'a file', bytes: 5 });
    expect((await stat(join(stage.uploads, 'a file'))).mtimeMs).toBe(1_600_000_000_000);
  });

  it('of a stream that fails says so, and is not tried again', async () => {
    await using stage = await openStage();
    const stream = createReadStream(join(stage.folder, 'absent'));
    await once(stream, 'error');
    const upload = stage.client({ retries: [60_000] }).upload(stream, { name: 'f', size: 5 });
    await expect(upload).rejects.toMatchObject({ code: 'ERR_FILE_IO_ERROR', cause: { code: 'ENOENT' } });
  });

  it('under an id that can be guessed warns that it cannot be resumed', async () => {
    await using stage = await openStage();
    const client = stage.client();
    const warnings: string[] = [];
    client.on('warning', ({ message }) => warnings.push(message));
    await client.upload(x, { name: 'f', transferId: 'report-1' });
    await client.upload(x, { name: 'g', transferId: SECRET });
    expect(warnings).toEqual(['this upload cannot be resumed: its id has fewer than 22 characters']);
  });
});

describe('an error', () => {
  it('of a connection says what the system said, for a function and for a socket', async () => {
    const port = await closedPort();
    const refused = { code: 'ERR_FILE_CLOSED', cause: { code: 'ECONNREFUSED' }, message: expect.stringContaining('ECONNREFUSED') };
    const dialling = new TCPFileTransferClient(() => connect(port, '127.0.0.1'), { retries: [0] });
    const warned = once(dialling, 'warning');
    await expect(dialling.upload(x, { name: 'f', transferId: SECRET })).rejects.toMatchObject({ ...refused, transferId: SECRET });
    expect(await warned).toMatchObject([{ ...refused, transferId: SECRET }]);
    const socket = connect(port, '127.0.0.1');
    const ready = new TCPFileTransferClient(socket);
    await expect(ready.list()).rejects.toMatchObject(refused);
    await expect(ready.list()).rejects.toMatchObject(refused);
  });

  it.each(['close', 'signal'] as const)('by %s says of which transfer it is, though nobody named it', async (way) => {
    await using stage = await openStage();
    const client = stage.client();
    const abort = new AbortController();
    const begun = once(stage.files, 'start');
    const told = once(stage.files, 'error');
    const upload = client.upload(pattern(8 * MIB), { name: 'f', signal: abort.signal });
    const failed = upload.catch((error: unknown) => error as FileTransferError);
    const [{ transferId }] = await begun;
    if (way === 'close') client.close();
    else abort.abort();
    expect(await failed).toMatchObject({ code: way === 'close' ? 'ERR_FILE_CLOSED' : 'ERR_FILE_CANCELLED', transferId });
    expect(await told).toMatchObject([{ transferId }, { transferId }, {}]);
  });
});

describe('an onProgress that throws', () => {
  it.each([[0, 'up'], [1, 'up'], [0, 'down'], [1, 'down']] as const)('at %i bytes on the way %s ends the transfer, once, and leaves nothing', async (at, way) => {
    await using stage = await openStage({ allowDownload: true });
    const client = stage.client({ retries: [60_000], windowBytes: MIB });
    await client.upload(pattern(3 * MIB), { name: 'g' });
    let calls = 0;
    const onProgress = ({ bytes }: { bytes: number }): void => {
      if (bytes < at) return;
      calls++;
      throw new Error('mine');
    };
    const transfer = way === 'up' ? client.upload(pattern(3 * MIB), { name: 'f', onProgress }) : client.download('g', join(stage.folder, 'got'), { onProgress });
    await expect(transfer).rejects.toMatchObject({ code: 'ERR_FILE_HANDLER_FAILED', retryable: false, cause: { message: 'mine' } });
    expect(calls).toBe(1);
    await until(async () => stage.errors.length > 0 && (await readdir(join(stage.uploads, '.incoming'))).length === 0);
    expect(stage.errors).toEqual(['ERR_FILE_CANCELLED']);
    expect(await readdir(stage.folder)).toEqual(['uploads']);
    expect((await client.upload(x, { name: 'h' })).bytes).toBe(1);
  });
});

describe('many at once over one client', () => {
  it('wait for their turn: none is refused, and no retry is spent', async () => {
    await using stage = await openStage();
    const client = stage.client();
    await Promise.all(Array.from({ length: 12 }, (_, n) => client.upload(pattern(100_000, n + 1), { name: `f${n}` })));
    expect(stage.errors).toEqual([]);
    expect(await readdir(stage.uploads)).toHaveLength(13);
  });

  it('learn how many the server takes', async () => {
    await using stage = await openStage({ maxTransfersPerConnection: 2 });
    const client = stage.client();
    await Promise.all(Array.from({ length: 12 }, (_, n) => client.upload(pattern(100_000, n + 1), { name: `f${n}` })));
    expect(stage.errors.length).toBeLessThanOrEqual(2);
    expect(await readdir(stage.uploads)).toHaveLength(13);
  });

  it('are let go while they wait: by signal, and by close', async () => {
    await using stage = await openStage({ authorize: () => new Promise(() => {}) });
    const client = stage.client({ maxTransfers: 1 });
    const abort = new AbortController();
    const first = client.upload(x, { name: 'f' });
    const second = client.upload(x, { name: 'g', signal: abort.signal });
    const third = client.upload(x, { name: 'h' });
    abort.abort();
    await expect(second).rejects.toMatchObject({ code: 'ERR_FILE_CANCELLED' });
    client.close();
    for (const upload of [first, third]) await expect(upload).rejects.toMatchObject({ code: 'ERR_FILE_CLOSED' });
  });
});

describe('a pause before the next try', () => {
  it('ends when the client is closed', async () => {
    const port = await closedPort();
    const client = new TCPFileTransferClient((): Socket => connect(port, '127.0.0.1'), { retries: [600_000] });
    client.once('warning', () => setImmediate(() => client.close()));
    await expect(client.upload(x, { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_CLOSED' });
  });
});

describe('a download', () => {
  it('removes what broke off in that folder long ago, and goes into folders that it makes', async () => {
    await using stage = await openStage({ allowDownload: true });
    const client = stage.client();
    await client.upload(x, { name: 'f' });
    const incoming = join(stage.folder, 'new', '.incoming');
    await mkdir(incoming, { recursive: true });
    const part = join(incoming, `${'f'.repeat(32)}.part`);
    await writeFile(part, 'x');
    await utimes(part, 1, 1);
    await client.download('f', `${stage.folder}/new/`);
    expect(await readdir(join(stage.folder, 'new'))).toEqual(['f']);
    expect(await readFile(join(stage.folder, 'new', 'f'), 'utf8')).toBe('x');
  });
});
