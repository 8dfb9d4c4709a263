// Time to decode large messages that arrive in chunks as small as a network packet, block after block in turn with the
// same number of bytes in smaller messages. The chunks are handed over in memory: loopback would join them.
import { MessageHandler } from '@verb-tcp/framing-json';
import { encodeMessage } from '@verb-tcp/socket/message';
import { dial, listen } from '../loopback.js';

const MEBIBYTE = 1024 * 1024;

/** Nanoseconds for each byte, of each block, by message size. */
export interface DecodingCost {
  largeNanos: number[];
  smallNanos: number[];
}

export async function decodingCost(
  settings: { largeMebibytes: number; smallMebibytes: number; chunkBytes: number; blocks: number },
  ready: (value: undefined) => void,
): Promise<DecodingCost> {
  const { largeMebibytes, smallMebibytes, chunkBytes, blocks } = settings;
  ready(undefined);
  const large = await decoderOf(largeMebibytes, chunkBytes, 1);
  const small = await decoderOf(smallMebibytes, chunkBytes, largeMebibytes / smallMebibytes);
  const largeNanos: number[] = [];
  const smallNanos: number[] = [];
  for (let block = 0; block <= blocks; block++) {
    const [ofSmall, ofLarge] = [small.run(), large.run()];
    if (block === 0) continue;
    smallNanos.push(ofSmall);
    largeNanos.push(ofLarge);
  }
  large.close();
  small.close();
  return { largeNanos, smallNanos };
}

interface Decoder {
  /** Decodes all the messages once; nanoseconds for each byte. */
  run(): number;
  close(): void;
}

async function decoderOf(mebibytes: number, chunkBytes: number, messages: number): Promise<Decoder> {
  const listener = await listen();
  const [near, far] = await Promise.all([dial(listener.port), listener.accept()]);
  listener.close();
  const text = 'x'.repeat(mebibytes * MEBIBYTE - 2);
  const bytes = encodeMessage(text);
  const handler = new MessageHandler<string>(near, { maxMessageBytes: text.length + 2 });
  let received = 0;
  handler.on('message', (message) => {
    if (message.length === text.length) received++;
  });
  return {
    run() {
      let elapsedMs = 0;
      received = 0;
      for (let n = 0; n < messages; n++) {
        // Fresh memory for each chunk, as a socket gives it; making it is not measured.
        const chunks = chunksOf(bytes, chunkBytes);
        const startedAt = performance.now();
        for (const chunk of chunks) handler.handleData(chunk);
        elapsedMs += performance.now() - startedAt;
      }
      if (received !== messages) throw new Error(`${received} of ${messages} messages were received`);
      return (elapsedMs * 1e6) / (messages * bytes.byteLength);
    },
    close() {
      near.destroy();
      far.destroy();
    },
  };
}

function chunksOf(bytes: Uint8Array, chunkBytes: number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.byteLength; at += chunkBytes) {
    chunks.push(Buffer.from(new Uint8Array(bytes.subarray(at, at + chunkBytes)).buffer));
  }
  return chunks;
}
