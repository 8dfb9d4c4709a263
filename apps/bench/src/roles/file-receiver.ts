// Receives files, raw or by file-transfer, into a folder of its own, which goes with it. The first does not count.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TCPFileTransferServer } from '@verb-tcp/file-transfer';
import { faultProxy } from '@verb-tcp/testing';

export async function fileReceiver(
  { raw, fsync, delay, until }: { raw: boolean; fsync: 'publish' | 'never'; delay: number; until: number },
  ready: (value: { port: number }) => void,
): Promise<{ files: number; cpuMs: number }> {
  const folder = await mkdtemp(join(tmpdir(), 'verb-tcp-bench-'));
  const files = new TCPFileTransferServer(folder, { fsync, minFreeBytes: 0 });
  let count = 0;
  let cpu = process.cpuUsage();
  const server = createServer((socket) => {
    if (!raw) return files.attach(socket);
    const hash = createHash('sha256');
    const hashing = new Transform({ transform: (chunk: Buffer, _encoding, done) => (hash.update(chunk), done(null, chunk)) });
    void pipeline(socket, hashing, createWriteStream(join(folder, `raw-${count}`)), { end: true }).then(
      () => socket.destroy(),
      () => {},
    );
    // The end of the socket comes first: half-open, so that the hash can go back.
    hashing.on('end', () => void socket.end(hash.digest('hex')));
    return undefined;
  });
  Object.assign(server, { allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = delay === 0 ? undefined : await faultProxy({ upstream: server, faults: [{ type: 'latency', delay: delay / 2 }] });
  const done = new Promise<void>((resolve) => {
    const seen = (): void => {
      if (++count === 1) cpu = process.cpuUsage();
      if (count === until + 1) resolve();
    };
    files.on('complete', seen);
    if (raw) server.on('connection', (socket) => socket.on('close', seen));
  });
  ready({ port: proxy?.port ?? (server.address() as AddressInfo).port });
  await done;
  const { user, system } = process.cpuUsage(cpu);
  // The last answer has to leave.
  await new Promise((resolve) => setTimeout(resolve, 50 + delay));
  await files.close();
  await proxy?.[Symbol.asyncDispose]();
  server.close();
  await rm(folder, { recursive: true, force: true });
  return { files: count - 1, cpuMs: (user + system) / 1000 };
}
