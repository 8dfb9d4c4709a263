// The program `files` against the file server, as a person has them: what is there, what is printed, how it ends.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { faultProxy } from '@verb-tcp/testing';
import { createFileServer, type FileServer } from '../src/servers/files.js';
import { freePort } from './free-port.js';
import { Program } from './program.js';
import { TestLog } from './test-log.js';

const MIB = 1024 * 1024;
const BIG = randomBytes(8 * MIB);

let base: string;
let server: FileServer;
let port: number;

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'demo-files-'));
  server = createFileServer(join(base, 'uploads'), new TestLog());
  ({ port } = await server.app.listen(0, '127.0.0.1'));
});

afterEach(async () => {
  await server.app.shutdown({ gracePeriod: 0 });
  await server.transfers.close();
  await rm(base, { recursive: true, force: true });
});

function files(words: readonly string[], at = port): Program {
  return new Program('files', ['--host', '127.0.0.1', '--port', String(at), ...words], { environment: { INIT_CWD: base, XDG_STATE_HOME: join(base, 'state') } });
}

async function ended(words: readonly string[], at = port): Promise<{ code: number | null; stdout: string; stderr: string }> {
  await using program = files(words, at);
  const code = await program.exit;
  return { code, stdout: program.stdout, stderr: program.stderr };
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A line so slow that a transfer over it is under way when it has told that it is. */
function slowLine(): ReturnType<typeof faultProxy> {
  return faultProxy({ upstream: { host: '127.0.0.1', port }, faults: [{ type: 'bandwidth', bytesPerSecond: 4 * MIB }] });
}

/** Gives out a file whose checksum is another's. */
async function lyingServer(): Promise<AsyncDisposable & { port: number }> {
  const framed = (message: object): string => {
    const text = JSON.stringify(message);
    return `${Buffer.byteLength(text)}\n${text}`;
  };
  const liar = createServer((socket) => {
    let seen = '';
    socket.on('error', () => {}).on('data', (chunk) => {
      seen += chunk.toString();
      const { transferId } = /"transferId":"(?<transferId>[^"]+)".*\}$/.exec(seen)?.groups ?? {};
      const isAsked = seen.includes('file_get');
      const isReady = seen.includes('file_start_ack');
      if (transferId === undefined || !(isAsked || isReady)) return;
      seen = '';
      if (isAsked) {
        socket.write(framed({ type: 'file_start', transferId, filename: 'note', fileSize: 5, chunkSize: 65_536, caps: ['sha256'], etag: 'e' }));
      } else {
        socket.write(framed({ type: 'file_chunk', transferId, chunkIndex: 0, data: Buffer.from('hello').toString('base64') }));
        socket.write(framed({ type: 'file_end', transferId, sha256: digest(Buffer.from('other')) }));
      }
    });
  }).listen(0, '127.0.0.1');
  await once(liar, 'listening');
  return {
    port: (liar.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => liar.close(resolve));
    },
  };
}

describe('put, ls and get', () => {
  test('bring a file there, name it, and bring it back', async () => {
    await writeFile(join(base, 'note.txt'), 'hello');
    const put = await ended(['put', 'note.txt']);
    expect(put).toMatchObject({ code: 0, stdout: expect.stringContaining(`sha256 ${digest(Buffer.from('hello'))}`) as string });
    const ls = await ended(['ls']);
    expect(ls.code).toBe(0);
    expect(ls.stdout).toMatch(/^ +5 {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}note\.txt\n$/);
    expect((await ended(['get', 'note.txt', 'back.txt'])).code).toBe(0);
    expect(await readFile(join(base, 'back.txt'), 'utf8')).toBe('hello');
    expect((await ended(['get', 'note.txt', 'new/'])).code).toBe(0);
    expect(await readFile(join(base, 'new', 'note.txt'), 'utf8')).toBe('hello');
  });

  test('tell one JSON object a line', async () => {
    await writeFile(join(base, 'big'), BIG);
    const { code, stdout, stderr } = await ended(['--json', 'put', 'big', 'other']);
    const events = stdout.trimEnd().split('\n').map((line) => JSON.parse(line) as { event: string });
    expect(code).toBe(0);
    expect(stderr).toBe('');
    expect(events[0]).toEqual({ event: 'start', name: 'other', bytes: expect.any(Number) as number, totalBytes: BIG.length, resumedFrom: 0 });
    expect(events.at(-1)).toMatchObject({ event: 'complete', filename: 'other', bytes: BIG.length, sha256: digest(BIG) });
    const [entry] = (await ended(['--json', 'ls'])).stdout.split('\n');
    expect(JSON.parse(entry ?? '')).toMatchObject({ name: 'other', size: BIG.length });
  });
});

describe('an interrupt', () => {
  test('of put is told, and the same command goes on from there', async () => {
    await writeFile(join(base, 'big'), BIG);
    await using line = await slowLine();
    {
      await using first = files(['put', 'big'], line.port);
      await first.prints(/big: \d+ %/);
      first.process.kill('SIGINT');
      expect(await first.exit).toBe(130);
      expect(first.stderr).toContain('Interrupted. What has arrived is kept');
    }
    expect(await readdir(join(base, 'uploads'))).toEqual(['.incoming']);
    line.faults.clear();
    const second = await ended(['put', 'big'], line.port);
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/Resuming big at [1-9]\d* % \(\d/);
    expect(digest(await readFile(join(base, 'uploads', 'big')))).toBe(digest(BIG));
  });

  test('of get is told, and the same command goes on from there', async () => {
    await mkdir(join(base, 'uploads'), { recursive: true });
    await writeFile(join(base, 'uploads', 'big'), BIG);
    await using line = await slowLine();
    {
      await using first = files(['get', 'big', 'back'], line.port);
      await first.prints(/big: \d+ %/);
      first.process.kill('SIGTERM');
      expect(await first.exit).toBe(130);
    }
    line.faults.clear();
    const second = await ended(['get', 'big', 'back'], line.port);
    expect(second.code).toBe(0);
    expect(second.stderr).toMatch(/Resuming big at [1-9]\d* % \(\d/);
    expect(digest(await readFile(join(base, 'back')))).toBe(digest(BIG));
  });
});

describe('the exit code', () => {
  test.each([
    ['1 for wrong words', ['put'], 1, /missing required argument/],
    ['1 for a word that is no command', ['fetch', 'x'], 1, /unknown command/],
    ['1 for no words at all', [], 1, /Usage: files/],
    ['1 for a wrong port', ['--port', 'x', 'ls'], 1, /--port/],
    ['0 for help', ['--help'], 0, /Exit codes/],
    ['2 for what is refused', ['get', 'absent'], 2, /ERR_FILE_NOT_FOUND/],
    ['2 for a file that is not here', ['put', 'absent'], 2, /no such file.*ERR_FILE_NOT_FOUND/],
  ])('is %s', async (_, words, code, text) => {
    const { code: got, stdout, stderr } = await ended(words);
    expect(stdout + stderr).toMatch(text);
    expect(got).toBe(code);
  });

  test('is 2 for a name that is taken, which stays as it was', async () => {
    await writeFile(join(base, 'one'), 'one');
    await writeFile(join(base, 'two'), 'two');
    await ended(['put', 'one', 'name']);
    const second = await ended(['--json', 'put', 'two', 'name']);
    expect(second.code).toBe(2);
    expect(JSON.parse(second.stdout)).toMatchObject({ event: 'error', code: 'ERR_FILE_FILE_EXISTS' });
    expect(await readFile(join(base, 'uploads', 'name'), 'utf8')).toBe('one');
  });

  test('is 2 for get where the destination is taken, which stays as it was', async () => {
    await writeFile(join(base, 'one'), 'one');
    await ended(['put', 'one']);
    await writeFile(join(base, 'mine'), 'mine');
    expect(await ended(['get', 'one', 'mine'])).toMatchObject({ code: 2, stderr: expect.stringContaining('ERR_FILE_FILE_EXISTS') as string });
    expect(await readFile(join(base, 'mine'), 'utf8')).toBe('mine');
  });

  test.each([[['ls']], [['get', 'x']], [['put', 'one']]])('is 3 where nobody listens: %s', async (words) => {
    await writeFile(join(base, 'one'), 'one');
    expect(await ended(['--no-retries', ...words], await freePort())).toMatchObject({ code: 3, stderr: expect.stringMatching(/ECONNREFUSED.*ERR_FILE_CLOSED/) as string });
  });

  test('is 3 where the connection is lost on the way, and what has arrived is kept', async () => {
    await writeFile(join(base, 'big'), BIG);
    await using line = await slowLine();
    await using put = files(['--no-retries', 'put', 'big'], line.port);
    await put.prints(/big: \d+ %/);
    line.cut();
    expect(await put.exit).toBe(3);
    line.faults.clear();
    const again = await ended(['put', 'big'], line.port);
    expect(again.code).toBe(0);
    expect(again.stderr).toMatch(/Resuming big at [1-9]\d* %/);
  });

  test('is 4 where what came is not what was sent, and there is no file', async () => {
    await using liar = await lyingServer();
    const got = await ended(['--no-retries', 'get', 'note', 'back'], liar.port);
    expect(got).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('ERR_FILE_CHECKSUM_MISMATCH') as string });
    expect(await readdir(base)).not.toContain('back');
  });

  test('is 4 where the file changes while it is sent, and the server has none', async () => {
    await writeFile(join(base, 'big'), BIG);
    await using line = await slowLine();
    await using put = files(['--no-retries', '--json', 'put', 'big'], line.port);
    await put.prints(/"event":"progress"/);
    await appendFile(join(base, 'big'), 'more');
    line.faults.clear();
    expect(await put.exit).toBe(4);
    expect(JSON.parse(put.stdout.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({ event: 'error', code: 'ERR_FILE_CHANGED' });
    expect(await readdir(join(base, 'uploads'))).toEqual(['.incoming']);
  });
});

test('names that would move the cursor are printed escaped', async () => {
  await writeFile(join(base, 'plain'), 'x');
  const { code, stderr } = await ended(['get', '\x1b[2Jname']);
  expect(code).toBe(2);
  expect(stderr).not.toContain('\x1b');
});
