// Time to decode large binary messages that arrive in chunks as small as a network packet, block after block in turn with
// the same number of bytes in smaller messages. The chunks are handed over in memory: loopback would join them.
import { BinaryProtocolHandler, encodeFrame } from '@verb-tcp/framing-binary';
import { dial, listen } from '../loopback.js';
import type { DecodingCost } from './decoding-cost.js';

const MEBIBYTE = 1024 * 1024;
const DATA = 0x10;

export async function binaryDecodingCost(
  settings: { largeMebibytes: number; smallMebibytes: number; chunkBytes: number; blocks: number },
  ready: (value: undefined) => void,
): Promise<DecodingCost> {
  const { largeMebibytes, smallMebibytes, chunkBytes, blocks } = settings;
  const listener = await listen();
  const [near, far] = await Promise.all([dial(listener.port), listener.accept()]);
  listener.close();
  let received = 0;
  const handler = new BinaryProtocolHandler(near, { maxPayloadBytes: largeMebibytes * MEBIBYTE, messageTimeout: 0 });
  handler.on('data', ({ length }) => (received += length));
  ready(undefined);
  const run = (mebibytes: number): number => {
    const bytes = encodeFrame(DATA, Buffer.alloc(mebibytes * MEBIBYTE, 'x'));
    const messages = largeMebibytes / mebibytes;
    let elapsedMs = 0;
    received = 0;
    for (let n = 0; n < messages; n++) {
      // Fresh memory for each chunk, as a socket gives it; making it is not measured.
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += chunkBytes) {
        chunks.push(Buffer.from(new Uint8Array(bytes.subarray(at, at + chunkBytes)).buffer));
      }
      const startedAt = performance.now();
      for (const chunk of chunks) handler.handleBinaryData(chunk);
      elapsedMs += performance.now() - startedAt;
    }
    if (received !== largeMebibytes * MEBIBYTE) throw new Error(`${received} bytes of ${largeMebibytes} MiB were received`);
    return (elapsedMs * 1e6) / received;
  };
  const largeNanos: number[] = [];
  const smallNanos: number[] = [];
  // The first block of each is the warm-up.
  for (let block = 0; block <= blocks; block++) {
    const [ofSmall, ofLarge] = [run(smallMebibytes), run(largeMebibytes)];
    if (block === 0) continue;
    smallNanos.push(ofSmall);
    largeNanos.push(ofLarge);
  }
  near.destroy();
  far.destroy();
  return { largeNanos, smallNanos };
}
