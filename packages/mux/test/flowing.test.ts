// A reader that listens gets its bytes as they come; one that pauses, reads or decodes gets them as from any Node stream.
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { TCPSocket } from '@verb-tcp/socket';
import type { StreamHandler, TCPStreamMultiplexer } from '../src/index.js';
import { muxPair, settled, streamPair } from './pairs.js';
import { control, frame } from './wire.js';

interface Reading {
  client: TCPStreamMultiplexer;
  stream: StreamHandler;
  /** Bytes off the wire, handled before this returns. */
  come: (bytes: Buffer) => void;
  end: () => void;
}

async function reading(): Promise<Reading> {
  const pair = muxPair({ initialWindowBytes: 1 << 30, maxWindowBytes: 1 << 30 });
  const [, stream] = await streamPair(pair, true);
  await settled();
  const socket = pair.sockets[1] as Duplex & TCPSocket;
  return {
    client: pair.client,
    stream,
    come: (bytes) => void socket.emit('data', frame(stream.id, bytes)),
    end: () => void socket.emit('data', control({ type: 'stream_close', streamId: stream.id })),
  };
}

it('who listens is not asked for more behind each chunk', async () => {
  const { client, stream, come } = await reading();
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => (bytes += chunk.length));
  // The first is Node's own, and so is what it looks for behind that.
  come(Buffer.from('first'));
  await settled();
  const ask = vi.spyOn(stream, '_read');
  for (let turn = 1; turn <= 50; turn++) {
    come(Buffer.alloc(100));
    expect(bytes).toBe(5 + turn * 100);
    await nextTurn();
  }
  expect(ask).not.toHaveBeenCalled();
  expect([stream.bytesRead, stream.readableLength, stream.readableFlowing, stream.readableDidRead]).toEqual([bytes, 0, true, true]);
  client.destroy();
});

it('a listener that pauses gets nothing more until it resumes, within one chunk off the wire or between two', async () => {
  const { client, stream, come } = await reading();
  const got: string[] = [];
  stream.on('data', (chunk: Buffer) => {
    got.push(chunk.toString());
    stream.pause();
  });
  for (const text of ['a', 'b', 'c']) come(Buffer.from(text));
  expect(got.length).toBeLessThanOrEqual(1);
  await settled();
  expect(got).toEqual(['a']);
  stream.resume();
  await settled();
  expect(got).toEqual(['a', 'b']);
  come(Buffer.from('d'));
  stream.removeAllListeners('data').resume();
  stream.on('data', (chunk: Buffer) => got.push(chunk.toString()));
  await settled();
  expect(got).toEqual(['a', 'b', 'c', 'd']);
  client.destroy();
});

it('what comes while nobody listens waits for who listens next', async () => {
  const { client, stream, come } = await reading();
  const got: string[] = [];
  const listen = (chunk: Buffer): void => void got.push(chunk.toString());
  stream.on('data', listen);
  come(Buffer.from('a'));
  await settled();
  come(Buffer.from('b'));
  stream.off('data', listen);
  process.nextTick(() => stream.on('data', listen));
  come(Buffer.from('c'));
  await settled();
  come(Buffer.from('d'));
  expect(got).toEqual(['a', 'b', 'c', 'd']);
  client.destroy();
});

it('what `read` finds in the engine it returns, and a listener that pauses meanwhile hears once', async () => {
  const { client, stream, come } = await reading();
  const got: number[] = [];
  stream.on('data', (chunk: Buffer) => {
    got.push(chunk.length);
    stream.pause();
  });
  // Six of them: more than Node keeps, so that the engine has some.
  for (let n = 0; n < 6; n++) come(Buffer.alloc(40_000));
  await settled();
  got.length = 0;
  expect((stream.read() as Buffer).length).toBeGreaterThan(0);
  stream.resume();
  expect((stream.read() as Buffer).length).toBeGreaterThan(0);
  expect(got.length).toBe(2);
  client.destroy();
});

it('a listener that makes the carrier bring more gets that, too', async () => {
  const { client, stream, come } = await reading();
  const got: string[] = [];
  stream.on('data', (chunk: Buffer) => {
    got.push(chunk.toString());
    if (got.length < 4) come(Buffer.from(`more ${got.length}`));
  });
  come(Buffer.from('first'));
  await settled();
  expect(got).toEqual(['first', 'more 1', 'more 2', 'more 3']);
  come(Buffer.from('last'));
  expect(got.length).toBe(5);
  client.destroy();
});

const MAX_BYTES = 50_000;
const MAX_OPERATIONS = 60;
const pattern = Buffer.from(Array.from({ length: MAX_BYTES * MAX_OPERATIONS }, (_, at) => (at * 31 + (at >> 8)) % 251));

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('come' as const), bytes: fc.integer({ min: 1, max: MAX_BYTES }) }) },
  { weight: 4, arbitrary: fc.record({ what: fc.constantFrom('turn', 'pause', 'resume', 'pauseInside', 'read', 'readable', 'noReadable') }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constantFrom('decode', 'twice') }) },
);

it('however it is read, every byte comes once, in order, and then the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 5, maxLength: MAX_OPERATIONS }), async (operations) => {
      const { client, stream, come, end } = await reading();
      const got: Buffer[] = [];
      let sent = 0;
      let undecoded = 0;
      let pausesInside = 0;
      let ends = 0;
      const readAll = (): void => {
        while (stream.read() !== null);
      };
      // Whatever `read` gives is emitted, too.
      stream.on('data', (chunk: Buffer | string) => {
        got.push(Buffer.from(chunk as string, 'latin1'));
        if (stream.readableEncoding !== null && typeof chunk !== 'string') undecoded++;
        if (pausesInside > 0 && pausesInside-- > 0) stream.pause();
      });
      stream.on('end', () => ends++);
      for (const step of operations) {
        if ('bytes' in step) {
          come(pattern.subarray(sent, sent + step.bytes));
          sent += step.bytes;
        } else if (step.what === 'turn') await nextTurn();
        else if (step.what === 'pause') stream.pause();
        else if (step.what === 'resume') stream.resume();
        else if (step.what === 'pauseInside') pausesInside++;
        else if (step.what === 'read') stream.read();
        else if (step.what === 'readable') stream.on('readable', readAll);
        else if (step.what === 'noReadable') stream.removeAllListeners('readable');
        else if (step.what === 'decode') stream.setEncoding('latin1');
        else stream.on('data', () => {});
      }
      end();
      pausesInside = 0;
      stream.removeAllListeners('readable');
      await settled(3);
      stream.resume();
      await settled();
      expect(Buffer.concat(got).equals(pattern.subarray(0, sent))).toBe(true);
      expect([ends, stream.bytesRead, undecoded]).toEqual([1, sent, 0]);
      client.destroy();
    }),
    { numRuns: 200 },
  );
});
