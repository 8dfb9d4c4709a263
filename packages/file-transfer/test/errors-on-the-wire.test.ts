// Every answer of the table of errors, and what the connection does then.
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, symlink, link, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../src/crc32.js';
import { openStage, pattern, until } from './stage.js';

const start = { type: 'file_start', transferId: 't', filename: 'f', fileSize: 20, chunkSize: 10 };
const data = pattern(10).toString('base64');

describe('a start that cannot be', () => {
  it.each([
    [{ transferId: '' }, 'bad_transfer_id'],
    [{ transferId: 'x'.repeat(129) }, 'bad_transfer_id'],
    [{ transferId: 'é'.repeat(65) }, 'bad_transfer_id'],
    [{ transferId: 5 }, 'bad_message'],
    [{ filename: 5 }, 'bad_message'],
    [{ fileSize: '20' }, 'bad_message'],
    [{ fileSize: -1 }, 'bad_file_size'],
    [{ fileSize: 1.5 }, 'bad_file_size'],
    [{ fileSize: 1e308 }, 'bad_file_size'],
    [{ fileSize: 2 ** 53 }, 'bad_file_size'],
    [{ fileSize: 1001 }, 'file_too_large'],
    [{ chunkSize: 0 }, 'bad_chunk_size'],
    [{ chunkSize: 101 }, 'bad_chunk_size'],
    [{ chunkSize: -5 }, 'bad_chunk_size'],
    [{ chunkSize: null }, 'bad_message'],
    [{ caps: 'all' }, 'bad_message'],
    [{ sha256: 'x', caps: ['sha256'] }, 'bad_message'],
  ])('%j is answered with %s, and the next one is served', async (change, code) => {
    await using stage = await openStage({ maxFileSize: 1000, maxChunkSize: 100 });
    const peer = await stage.peer();
    expect(await peer.ask({ ...start, ...change })).toMatchObject({ type: 'error', code });
    expect(await peer.ask(start)).toMatchObject({ type: 'file_start_ack' });
  });

  it('has its id twice: duplicate_transfer, and the first one goes on', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    await peer.ask(start);
    expect(await peer.ask({ ...start, filename: 'g' })).toMatchObject({ code: 'duplicate_transfer', transferId: 't' });
    expect(await peer.ask({ type: 'file_chunk', transferId: 't', chunkIndex: 0, data })).toMatchObject({ receivedBytes: 10 });
  });

  it('is one too many, of a connection or of all: too_many_transfers, retryable', async () => {
    await using stage = await openStage({ maxTransfersPerConnection: 2, maxTransfers: 3 });
    const [one, two] = [await stage.peer(), await stage.peer()];
    for (const id of ['1', '2']) await one.ask({ ...start, transferId: id, filename: id });
    const full = { code: 'too_many_transfers', retryable: true };
    expect(await one.ask({ ...start, transferId: '3', filename: '3' })).toMatchObject(full);
    expect(await two.ask({ ...start, transferId: '3', filename: '3' })).toMatchObject({ status: 'ready' });
    expect(await two.ask({ ...start, transferId: '4', filename: '4' })).toMatchObject(full);
    await one.ask({ type: 'file_cancel', transferId: '1' });
    await until(async () => (await two.ask({ ...start, transferId: '4', filename: '4' })).status === 'ready');
  });

  it('is over the quota, or not allowed, before anything is on the disk', async () => {
    const asked: unknown[] = [];
    await using stage = await openStage({
      authorize: ({ filename, action }) => (filename === 'throws' ? Promise.reject(new Error('no')) : action === 'upload' && filename !== 'no'),
      quota: (context) => (asked.push(context.reservedBytes), 25 - context.reservedBytes),
    });
    const peer = await stage.peer();
    expect(await peer.ask({ ...start, filename: 'no' })).toMatchObject({ code: 'not_allowed' });
    expect(await peer.ask({ ...start, filename: 'throws' })).toMatchObject({ code: 'not_allowed' });
    expect(stage.errors).toContain('ERR_FILE_HANDLER_FAILED');
    expect(await peer.ask(start)).toMatchObject({ status: 'ready' });
    expect(await peer.ask({ ...start, transferId: 'u', filename: 'u' })).toMatchObject({ code: 'quota_exceeded' });
    await peer.ask({ type: 'file_cancel', transferId: 't' });
    expect(await peer.ask({ ...start, transferId: 'u', filename: 'u' })).toMatchObject({ status: 'ready' });
    expect(asked).toEqual([0, 20, 0]);
  });
});

describe('a chunk that cannot be', () => {
  it.each([
    ['base64 of another length', { data: `${data}AAAA` }],
    ['no base64', { data: '!!!!!!!!!!!!!!==' }],
    ['too short', { data: 'AAAA' }],
    ['cut base64', { data: data.slice(0, -1) }],
    ['past the end', { chunkIndex: 2 }],
    ['an index that is none', { chunkIndex: -1 }],
    ['an index that is a fraction', { chunkIndex: 0.5 }],
    ['without the checksum that was agreed on', {}, ['crc32']],
  ])('%s: bad_chunk, and the transfer is over', async (_what, change, caps?: string[]) => {
    await using stage = await openStage();
    const peer = await stage.peer();
    await peer.ask({ ...start, caps });
    const chunk = { type: 'file_chunk', transferId: 't', chunkIndex: 0, data, ...change };
    expect(await peer.ask(chunk)).toMatchObject({ type: 'error', code: 'bad_chunk', transferId: 't' });
    expect(await peer.ask(chunk)).toMatchObject({ code: 'unknown_transfer' });
    await until(async () => (await readdir(join(stage.uploads, '.incoming'))).length === 0);
  });

  it('comes again: acknowledged, not written', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    await peer.ask(start);
    const ack = { type: 'file_chunk_ack', transferId: 't', chunkIndex: 0, receivedBytes: 10 };
    expect(await peer.ask({ type: 'file_chunk', transferId: 't', chunkIndex: 0, data })).toEqual(ack);
    await peer.until('file_progress');
    const other = pattern(10, 7).toString('base64');
    expect(await peer.ask({ type: 'file_chunk', transferId: 't', chunkIndex: 0, data: other })).toEqual(ack);
    await peer.ask({ type: 'file_chunk', transferId: 't', chunkIndex: 1, data });
    peer.send({ type: 'file_end', transferId: 't' });
    expect(await peer.until('file_complete')).toMatchObject({ receivedBytes: 20 });
  });

  it('comes too early, or with a wrong checksum: told where to go on, and goes on', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    await peer.ask({ ...start, caps: ['crc32'] });
    const chunk = { type: 'file_chunk', transferId: 't', chunkIndex: 0, data };
    expect(await peer.ask({ ...chunk, chunkIndex: 1 })).toMatchObject({ code: 'chunk_out_of_order', expectedChunk: 0 });
    expect(await peer.ask({ ...chunk, crc32: 1 })).toMatchObject({ code: 'crc_mismatch', expectedChunk: 0, retryable: true });
    expect(await peer.ask({ type: 'file_end', transferId: 't' })).toMatchObject({ code: 'incomplete', expectedChunk: 0 });
    expect(await peer.ask({ ...chunk, crc32: crc32(pattern(10)) })).toMatchObject({ receivedBytes: 10 });
  });
});

describe('an end that cannot be', () => {
  it('has another hash: checksum_mismatch, and nothing is kept', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    await peer.ask({ ...start, fileSize: 10, caps: ['sha256'] });
    await peer.ask({ type: 'file_chunk', transferId: 't', chunkIndex: 0, data });
    await peer.next();
    expect(await peer.ask({ type: 'file_end', transferId: 't' })).toMatchObject({ code: 'bad_message', message: expect.stringContaining('lacks the sha256') });
    peer.send({ type: 'file_end', transferId: 't', sha256: '0'.repeat(64) });
    expect(await peer.until('error')).toMatchObject({ code: 'checksum_mismatch', transferId: 't' });
    await until(async () => (await readdir(join(stage.uploads, '.incoming'))).length === 0);
    expect(await readdir(stage.uploads)).toEqual(['.incoming']);
  });

  it('finds its name taken meanwhile: file_exists, and the other file is untouched', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    for (const transferId of ['1', '2']) await peer.ask({ ...start, transferId, fileSize: 10 });
    for (const [transferId, seed] of [['1', 1], ['2', 2]] as const) {
      peer.send({ type: 'file_chunk', transferId, chunkIndex: 0, data: pattern(10, seed).toString('base64') });
      peer.send({ type: 'file_end', transferId });
      if (transferId === '1') await peer.until('file_complete');
    }
    expect(await peer.until('error')).toMatchObject({ code: 'file_exists', transferId: '2' });
    expect(await peer.ask({ ...start, transferId: '3' })).toMatchObject({ code: 'file_exists' });
  });
});

describe('what is no message', () => {
  it('is answered sixteen times, then the connection ends', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    for (let count = 0; count < 16; count++) expect(await peer.ask(count % 2 ? '{"type":"nope"}' : '{]')).toMatchObject({ code: 'bad_message' });
    await peer.closed();
  });

  it('has no frame at all: told once, and the connection ends', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    peer.socket.write('GET / HTTP/1.1\r\n\r\n');
    const { code, message } = await peer.next();
    expect([code, message]).toEqual(['bad_message', expect.stringContaining('http')]);
    await peer.closed();
  });
});

describe('a download that cannot be', () => {
  it('is not_allowed where it is off', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    expect(await peer.ask({ type: 'file_get', transferId: 't', filename: 'f' })).toMatchObject({ code: 'not_allowed', transferId: 't' });
    expect(await peer.ask({ type: 'file_list', requestId: 'r' })).toMatchObject({ code: 'not_allowed' });
    for (const [key, value] of [['limit', 0], ['limit', '5'], ['cursor', 5]] as const) {
      const answer = { code: 'bad_message', transferId: 'r', message: expect.stringMatching(`^${key} must be an? `) };
      expect(await peer.ask({ type: 'file_list', requestId: 'r', [key]: value })).toMatchObject(answer);
    }
  });

  it('has its id twice in one breath: duplicate_transfer, and the first one comes', async () => {
    await using stage = await openStage({ allowDownload: true });
    await mkdir(stage.uploads, { recursive: true });
    await writeFile(join(stage.uploads, 'f'), pattern(20));
    const peer = await stage.peer();
    const get = { type: 'file_get', transferId: 't', filename: 'f' };
    peer.send(get);
    peer.send(get);
    const answers = [await peer.next(), await peer.next()];
    expect(new Set(answers.map(({ type, code }) => code ?? type))).toEqual(new Set(['duplicate_transfer', 'file_start']));
  });

  it('is not_found for what is absent, a link, a FIFO, a folder, or has two names; it never tells which', async () => {
    await using stage = await openStage({ allowDownload: true, allowList: true });
    await mkdir(join(stage.uploads, 'folder'), { recursive: true });
    await writeFile(join(stage.folder, 'secret'), 'x');
    await symlink(join(stage.folder, 'secret'), join(stage.uploads, 'link'));
    await link(join(stage.folder, 'secret'), join(stage.uploads, 'hard'));
    execFileSync('mkfifo', [join(stage.uploads, 'fifo')]);
    const peer = await stage.peer();
    for (const filename of ['absent', 'link', 'hard', 'fifo', 'folder']) {
      const answer = await peer.ask({ type: 'file_get', transferId: 't', filename });
      expect(answer, filename).toMatchObject({ type: 'error', message: 'no such file', code: 'not_found' });
    }
    expect(await peer.ask({ type: 'file_get', transferId: 't', filename: '../secret' })).toMatchObject({ code: 'bad_filename' });
    expect(await peer.ask({ type: 'file_list', requestId: 'r' })).toEqual({ type: 'file_list_result', requestId: 'r', files: [] });
  });
});

describe('a peer that stops', () => {
  it('gets stalled, and the others go on', async () => {
    await using stage = await openStage({ stallTimeout: 40 });
    const peer = await stage.peer();
    await peer.ask(start);
    expect(await peer.next()).toMatchObject({ code: 'stalled', retryable: true, transferId: 't' });
    expect(await peer.ask(start)).toMatchObject({ status: 'ready' });
  });

  it('gets shutting_down when the server closes, and its end', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    await peer.ask(start);
    await stage.files.close();
    expect(await peer.next()).toMatchObject({ code: 'shutting_down', retryable: true });
    await peer.closed();
  });
});
