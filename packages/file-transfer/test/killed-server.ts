// A server in a process of its own that kills itself at one call to the disk: before it, or, of a write, half-way through.
// Arguments: the folder, the number of the call (0: none), and whether a write is to be cut in half.
import { writeSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { TCPFileTransferServer } from '../src/index.js';
import { faultyDisk } from './faulty-disk.js';

const [uploads = '', at = '0', cut = ''] = process.argv.slice(2);
let count = 0;
let isCounting = false;

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: nothing else may happen.
  for (;;);
}

const disk = faultyDisk((call, path) => {
  if (!isCounting) return;
  count++;
  const place = path.endsWith('.part') ? '.part' : path.endsWith('.json') ? '.json' : path.endsWith('.incoming') ? '.incoming' : '';
  writeSync(1, `${call} ${place}\n`);
  if (count === Number(at) && !(call === 'write' && cut === 'half')) die();
});

/** Whether the next write is the one to be cut. */
const isHalved = (): boolean => isCounting && cut === 'half' && count + 1 === Number(at);

const open = disk.open.bind(disk);
disk.open = async (...about) => {
  const file = await open(...about);
  const write = file.write.bind(file);
  return Object.assign(Object.create(file) as typeof file, {
    async write(buffer: Uint8Array, offset: number, length: number, position: number) {
      const isHalf = isHalved();
      const result = await write(buffer, offset, isHalf ? Math.ceil(length / 2) : length, position);
      if (isHalf) die();
      return result;
    },
    async writev(buffers: Uint8Array[], position: number) {
      const whole = Buffer.concat(buffers);
      const isHalf = isHalved();
      const result = await (isHalf ? write(whole, 0, Math.ceil(whole.length / 2), position) : file.writev?.(buffers, position));
      if (isHalf) die();
      return result;
    },
    ...Object.fromEntries((['read', 'stat', 'truncate', 'utimes', 'datasync', 'sync', 'close'] as const).map((key) => [key, (...args: never[]) => (file[key] as (...all: never[]) => unknown).apply(file, args)])),
  });
};

const files = new TCPFileTransferServer(uploads, { minFreeBytes: 1, fsync: 300_000, fileSystem: disk });
await files.cleanup();
isCounting = true;
const server = createServer((socket) => files.attach(socket)).listen(0, '127.0.0.1', () => {
  writeSync(1, `port ${(server.address() as AddressInfo).port}\n`);
});
