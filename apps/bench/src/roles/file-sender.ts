// Sends files, raw or by file-transfer, and takes the time until the other end has them, hashed at both ends.
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
  const path = join(folder, 'source');
  const block = randomBytes(Math.min(BLOCK_BYTES, bytes));
  await writeFile(path, (function* () {
    for (let left = bytes; left > 0; left -= block.length) yield block.subarray(0, Math.min(left, block.length));
  })());
  ready(undefined);
  const client = mode === 'raw' ? undefined : new TCPFileTransferClient(connect(port, '127.0.0.1'), { mode, windowBytes, retries: [] });
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let index = next++; index < files; index = next++) {
      if (client === undefined) await sendRaw(port, path);
      else await client.upload(path, { name: `f${index}` });
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
