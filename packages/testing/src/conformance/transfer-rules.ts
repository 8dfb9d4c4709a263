// Bytes and their order: the BasicIO, PingPong, RacyRead, RacyWrite and ConcurrentMethods of Go's nettest, in the terms of
// Node, and what Node adds.
import assert from 'node:assert/strict';
import { createRandom } from '../random.js';
import type { Rule } from './rule.js';
import { nextTurn, send, type End, type Trial } from './trial.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const BLOCK_BYTES = 64 * KIB;

export const transferRules: readonly Rule[] = [
  {
    name: 'one MiB in pieces of one KiB arrives unchanged, in both directions at once',
    async check(trial) {
      const [a, b] = await trial.open();
      await exchange(trial, a.read(), b.read(), patternOf(MIB, 1), KIB);
    },
  },
  {
    name: 'sixteen MiB arrive unchanged against a reader that pauses',
    async check(trial) {
      const [a, b] = await trial.open();
      const bytes = patternOf(16 * MIB, 2);
      b.read().socket.on('data', () => {
        b.socket.pause();
        setImmediate(() => b.socket.resume());
      });
      const waits = await send(trial, a, bytes, 64 * KIB);
      await trial.until(() => b.receivedBytes >= bytes.length);
      assert.ok(waits > 0, 'write never gave false');
      assert.ok(b.received.equals(bytes), 'the bytes differ');
    },
  },
  {
    name: 'a counter of eight bytes goes there and back a thousand times',
    async check(trial) {
      const [a, b] = await trial.open();
      const last = await pingPong(trial, a, b, 1000);
      assert.equal(last, 2000, 'a number was lost or changed');
    },
  },
  {
    name: 'ten writers may reuse their buffers after the callback of each write',
    async check(trial) {
      const [a, b] = await trial.open();
      b.read();
      await Promise.all(Array.from({ length: 10 }, (_, writer) => writeRecords(a, writer, 100)));
      await trial.until(() => b.receivedBytes >= 10 * 100 * RECORD_BYTES);
      const everyRecord = Array.from({ length: 100 }, (_, index) => index);
      const records = recordsByWriter(b.received);
      for (let writer = 0; writer < 10; writer++) assert.deepEqual(records.get(writer), everyRecord);
    },
  },
  {
    name: 'what arrives shares no memory with what was written',
    async check(trial) {
      const [a, b] = await trial.open();
      const written = Buffer.alloc(100, 'w');
      b.read();
      a.socket.write(written);
      await trial.until(() => b.receivedBytes >= 100);
      for (const chunk of b.chunks) chunk.fill('r');
      assert.equal(written.toString(), 'w'.repeat(100), 'the reader wrote into the bytes of the writer');
    },
  },
  {
    name: 'a hundred random orders of calls close each socket once and leave the process alive',
    async check(trial) {
      for (let seed = 0; seed < 100; seed += 10) {
        await Promise.all(Array.from({ length: 10 }, (_, index) => callAtRandom(trial, seed + index)));
      }
    },
  },
  {
    name: 'a hundred rounds of calls that change nothing leave the stream whole',
    async check(trial) {
      const [a, b] = await trial.open();
      b.read();
      for (let round = 0; round < 100; round++) {
        a.socket.setNoDelay(round % 2 === 0);
        a.socket.setTimeout(0);
        a.socket.cork();
        a.socket.write(`${round},`);
        b.socket.pause();
        a.socket.uncork();
        b.socket.resume();
        if (round % 10 === 0) await nextTurn();
      }
      const expected = Array.from({ length: 100 }, (_, round) => `${round},`).join('');
      await trial.until(() => b.receivedBytes >= expected.length);
      assert.equal(b.received.toString(), expected);
    },
  },
];

async function exchange(trial: Trial, a: End, b: End, bytes: Buffer, pieceBytes: number): Promise<void> {
  const sent = Promise.all([send(trial, a, bytes, pieceBytes), send(trial, b, bytes, pieceBytes)]);
  await trial.until(() => a.receivedBytes >= bytes.length && b.receivedBytes >= bytes.length);
  await sent;
  assert.ok(a.received.equals(bytes), 'the bytes differ');
  assert.ok(b.received.equals(bytes), 'the bytes differ');
}

/** Each end answers a number with the next one; gives the last, or the first that is wrong. */
async function pingPong(trial: Trial, a: End, b: End, rounds: number): Promise<number> {
  let last = 0;
  let isWrong = false;
  const write = ({ socket }: End, value: number): void => {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    socket.write(bytes);
  };
  for (const end of [a, b]) {
    end.read().socket.on('data', () => {
      if (end.receivedBytes < 8) return;
      const value = end.takeReceived().readDoubleBE();
      isWrong = value !== last + 1;
      last = value;
      if (!isWrong && last < 2 * rounds) write(end, last + 1);
    });
  }
  write(a, 1);
  await trial.until(() => isWrong || last === 2 * rounds);
  return last;
}

const RECORD_BYTES = 256;

async function writeRecords(end: End, writer: number, records: number): Promise<void> {
  const record = Buffer.alloc(RECORD_BYTES);
  for (let index = 0; index < records; index++) {
    record.fill(index).writeUInt8(writer);
    await new Promise((resolve) => end.socket.write(record, resolve));
    record.fill(0xff);
  }
}

/** The numbers of the records of each writer, in order of arrival; a torn record counts for nobody. */
function recordsByWriter(bytes: Buffer): Map<number, number[]> {
  const records = new Map<number, number[]>();
  for (let at = 0; at < bytes.length; at += RECORD_BYTES) {
    const [writer, ...rest] = bytes.subarray(at, at + RECORD_BYTES) as unknown as [number, number, ...number[]];
    if (rest.every((byte) => byte === rest[0])) records.set(writer, [...(records.get(writer) ?? []), rest[0]]);
  }
  return records;
}

/** Calls in a random order, the last of which end the connection. */
async function callAtRandom(trial: Trial, seed: number): Promise<void> {
  const random = createRandom(seed);
  const ends = await trial.open();
  for (let call = 0; call < 20; call++) {
    const { socket } = ends[random(2)] as End;
    const calls = [
      () => socket.destroyed || !socket.writable || socket.write('x'.repeat(random(3000))),
      () => socket.pause(),
      () => socket.resume(),
      () => socket.cork(),
      () => socket.uncork(),
      () => random(4) > 0 || socket.end(),
      () => random(16) > 0 || socket.destroy(),
    ];
    calls[random(calls.length)]?.();
    if (random(4) === 0) await nextTurn();
  }
  for (const { socket } of ends) socket.resume().destroy();
  await trial.until(() => ends.every((end) => end.isClosed));
  for (const { events } of ends) {
    const closes = events.filter((event) => event.startsWith('close'));
    assert.equal(closes.length, 1, `seed ${seed}: ${events.join(', ')}`);
  }
}

/** Random bytes, and a number every 64 KiB so that no two blocks are alike. */
function patternOf(length: number, seed: number): Buffer {
  const random = createRandom(seed);
  const block = Buffer.from(Array.from({ length: BLOCK_BYTES }, () => random(256)));
  const bytes = Buffer.alloc(length, block);
  for (let at = 0; at < length; at += BLOCK_BYTES) bytes.writeUInt32BE(at, at);
  return bytes;
}
