// Disks that are full, broken or read-only: the right code, other transfers finish, space is returned.
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { faultyDisk, systemError } from './faulty-disk.js';
import { openFolder, openStage, pattern, until } from './stage.js';

const MIB = 1024 * 1024;

describe('a disk that is full', () => {
  it.each(['ENOSPC', 'EDQUOT'])('by %s: disk_full, the part goes to whole chunks, and the upload goes on when there is room', async (code) => {
    let isFull = false;
    let written = 0;
    const fileSystem = faultyDisk((call, path, bytes) => {
      if (call !== 'write' || !path.endsWith('.part')) return;
      written += bytes;
      if (written > 2 * MIB && isFull) throw systemError(code);
    });
    await using stage = await openStage({ fileSystem });
    isFull = true;
    const bytes = pattern(4 * MIB + 5);
    const client = stage.client({ retries: [1] });
    const other = stage.client();
    client.on('warning', (error) => {
      expect(error.code).toBe('ERR_FILE_DISK_FULL');
      isFull = false;
    });
    const small = other.upload(pattern(1000), { name: 'small' });
    const result = await client.upload(bytes, { name: 'big' });
    await small;
    expect(isFull).toBe(false);
    expect(result.resumedFrom).toBeGreaterThan(0);
    expect(result.resumedFrom % (256 * 1024)).toBe(0);
    expect((await readFile(join(stage.uploads, 'big'))).equals(bytes)).toBe(true);
  });

  it('on a small tmpfs: the right code, others finish, and the space is returned', async (context) => {
    const folder = await openFolder();
    const uploads = join(folder, 'small');
    await mkdir(uploads);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', uploads], { stdio: 'ignore' });
    } catch {
      return context.skip('needs the right to mount a tmpfs');
    }
    try {
      const before = await statfs(uploads);
      await using stage = await openStage({}, uploads);
      const [one, two] = [stage.client(), stage.client()];
      await expect(one.upload(pattern(12 * MIB), { name: 'too-big', transferId: 'short' })).rejects.toMatchObject({ code: 'ERR_FILE_DISK_FULL' });
      await until(async () => (await statfs(uploads)).bfree >= before.bfree - 8);
      await two.upload(pattern(MIB), { name: 'fits' });
      const stalled = await openStage({ minFreeBytes: 8 * MIB }, uploads);
      await expect(stalled.client().upload(pattern(10), { name: 'no' })).rejects.toMatchObject({ code: 'ERR_FILE_DISK_FULL' });
      await stalled[Symbol.asyncDispose]();
      expect((await readdir(uploads)).sort()).toEqual(['.incoming', 'fits']);
    } finally {
      execFileSync('umount', [uploads]);
    }
  });
});

describe('a folder that cannot be written to', () => {
  it('is io_error at once, which no retry mends, for each upload anew, and mends when it is mended', async () => {
    let isReadOnly = true;
    const fileSystem = faultyDisk((call, path) => {
      if (isReadOnly && (call === 'mkdir' || (call === 'open' && path.endsWith('.part')))) throw systemError('EROFS');
    });
    await using stage = await openStage({ fileSystem });
    const client = stage.client({ retries: [0, 60_000] });
    for (let count = 0; count < 2; count++) {
      await expect(client.upload(Buffer.from('x'), { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_IO_ERROR', retryable: false });
    }
    isReadOnly = false;
    await client.upload(Buffer.from('x'), { name: 'f' });
  });

  it('is a path that is a file: io_error', async () => {
    await using stage = await openStage({}, '/dev/null');
    await expect(stage.client().upload(Buffer.from('x'), { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_IO_ERROR' });
  });
});

describe('a call that fails', () => {
  it.each(['open', 'link', 'datasync', 'sync', 'write', 'utimes', 'lstat', 'stat', 'statfs', 'readdir'])('%s: io_error, and the file is absent or whole', async (bad) => {
    let isBad = false;
    const fileSystem = faultyDisk((call) => {
      if (isBad && call === bad) throw systemError('EIO');
    });
    await using stage = await openStage({ fileSystem, minFreeBytes: 1, fsync: 65_536 });
    await stage.client().upload(Buffer.from('warm'), { name: 'warm' });
    isBad = true;
    const bytes = pattern(600_000);
    const result = await stage.client().upload(bytes, { name: 'f', mtime: 1 }).catch((error: unknown) => error);
    isBad = false;
    if (result instanceof Error) expect(result).toMatchObject({ code: 'ERR_FILE_IO_ERROR' });
    const there = await readFile(join(stage.uploads, 'f')).catch(() => undefined);
    if (there !== undefined) expect(there.equals(bytes)).toBe(true);
    if (['link', 'write', 'datasync', 'open'].includes(bad)) expect(there).toBeUndefined();
    expect((await stage.client().upload(bytes, { name: 'g' })).bytes).toBe(bytes.length);
  });

  it('link, where a disk has no links: a placeholder and a rename, and still no clobbering', async () => {
    const fileSystem = faultyDisk((call) => {
      if (call === 'link') throw systemError('EPERM');
    });
    await using stage = await openStage({ fileSystem });
    const client = stage.client();
    await client.upload(Buffer.from('1'), { name: 'f' });
    await expect(client.upload(Buffer.from('2'), { name: 'f' })).rejects.toMatchObject({ code: 'ERR_FILE_FILE_EXISTS' });
    expect(await readFile(join(stage.uploads, 'f'), 'utf8')).toBe('1');
    expect(await readdir(join(stage.uploads, '.incoming'))).toEqual([]);
  });
});

describe('a slow disk', () => {
  it('holds the sender back: what waits is bounded, and another connection is served', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => (release = resolve));
    const fileSystem = faultyDisk((call, _path, bytes) => (call === 'write' && bytes > 1000 ? gate : undefined));
    await using stage = await openStage({ fileSystem, maxPendingBytes: MIB });
    const bytes = pattern(16 * MIB);
    const slow = stage.client({ windowBytes: 2 ** 30 }).upload(bytes, { name: 'slow' });
    await stage.client().upload(Buffer.from('x'), { name: 'quick' });
    release();
    await slow;
    expect((await readFile(join(stage.uploads, 'slow'))).equals(bytes)).toBe(true);
  });
});
