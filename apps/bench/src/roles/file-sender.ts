// Sends files, raw or by file-transfer, and takes the time until the other end has them, hashed at both ends. One goes before, for
// the compiler.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TCPFileTransferClient } from '@verb-tcp/file-transfer';

const BLOCK_BYTES = 1024 * 1024;
const WARMUP_BYTES = 16 * BLOCK_BYTES;

export interface FileSending {
  port: number;
  mode: 'raw' | 'binary' | 'json';
  bytes: number;
  files: number;
  /** Under way at once. */
  atOnce: number;
  windowBytes: number | undefined;
}

export async function fileSender(settings: FileSending, ready: (value: undefined) => void): Promise<{ elapsedMs: number; cpuMs: number }> {
  const { port, mode, bytes, files, atOnce, windowBytes } = settings;
  const folder = await mkdtemp(join(tmpdir(), 'verb-tcp-bench-'));
  const [path, warmup, scratch] = [join(folder, 'source'), join(folder, 'warmup'), join(folder, 'scratch')];
  const block = randomBytes(BLOCK_BYTES);
  const fill = (file: string, length: number): Promise<void> =>
    writeFile(file, (function* () {
      for (let left = length; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
    })());
  await fill(path, bytes);
  await fill(warmup, WARMUP_BYTES);
  ready(undefined);
  const client = mode === 'raw' ? undefined : new TCPFileTransferClient(connect(port, '127.0.0.1'), { mode, windowBytes, retries: [] });
  const send = async (file: string, name: string): Promise<unknown> => (client === undefined ? sendRaw(port, file) : client.upload(file, { name }));
  await send(warmup, 'warmup');
  // Room in the cache for what will arrive: a virtual machine gives free memory to its host, and who gets it back pays for it.
  await fill(scratch, bytes * files);
  await rm(scratch);
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < files; index = next++) {
      await send(path, `f${index}`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const elapsedMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  client?.close();
  await rm(folder, { recursive: true, force: true });
  return { elapsedMs, cpuMs: (user + system) / 1000 };
}

async function sendRaw(port: number, path: string): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const hash = createHash('sha256');
  const answer = (async () => {
    let text = '';
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) text += String(chunk);
    return text;
  })();
  const hashing = new Transform({ transform: (chunk: Buffer, _encoding, done) => (hash.update(chunk), done(null, chunk)) });
  await pipeline(createReadStream(path), hashing, socket, { end: true }).catch(() => {});
  if ((await answer) !== hash.digest('hex')) throw new Error('the raw file is not what was sent');
  socket.destroy();
}
