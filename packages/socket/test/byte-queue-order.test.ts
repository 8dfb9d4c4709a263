import { ByteQueue } from '@verb-tcp/socket/bytes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { settings } from './property.js';

/** A step; `share` picks a count out of what is queued, so that most steps are possible and some reach the end. */
type Step =
  | { do: 'push'; size: number; backing: number }
  | { do: 'take' | 'skip' | 'peek'; share: number }
  | { do: 'indexOf'; byte: number; share: number }
  | { do: 'clear' };

const share = fc.oneof({ weight: 1, arbitrary: fc.constantFrom(0, 1) }, { weight: 4, arbitrary: fc.nat(99).map((percent) => percent / 100) });
const size = fc.oneof(
  { weight: 4, arbitrary: fc.nat(20) },
  { weight: 2, arbitrary: fc.nat(3000) },
  { weight: 1, arbitrary: fc.constantFrom(1023, 1024, 1025, 4095, 4096, 4097, 9000) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('push' as const), size, backing: fc.constantFrom(0, 0, 70_000) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('take' as const, 'skip' as const, 'peek' as const), share }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('indexOf' as const), byte: fc.nat(255), share }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clear' as const) }) },
);

function follow(steps: Step[]): void {
  const queue = new ByteQueue();
  let model = Buffer.alloc(0);
  let written = 0;
  const given: { bytes: Buffer; wanted: Buffer }[] = [];

  const count = (part: number): number => Math.floor(part * model.length);
  const give = (bytes: Buffer, n: number): void => {
    const wanted = Buffer.from(model.subarray(0, n));
    expect(bytes.equals(wanted)).toBe(true);
    given.push({ bytes, wanted });
  };

  for (const next of steps) {
    if (next.do === 'push') {
      const chunk = Buffer.from(new ArrayBuffer(next.size + next.backing), next.backing, next.size);
      for (let at = 0; at < chunk.length; at++) chunk[at] = written++ % 251;
      queue.push(chunk);
      model = Buffer.concat([model, chunk]);
    } else if (next.do === 'take') {
      const n = count(next.share);
      give(queue.take(n), n);
      model = model.subarray(n);
    } else if (next.do === 'skip') {
      const n = count(next.share);
      queue.skip(n);
      model = model.subarray(n);
    } else if (next.do === 'peek') {
      const n = count(next.share);
      give(queue.peek(n), n);
    } else if (next.do === 'indexOf') {
      const from = count(next.share);
      expect(queue.indexOf(next.byte, from)).toBe(model.indexOf(next.byte, from));
    } else {
      queue.clear();
      model = Buffer.alloc(0);
    }
    expect(queue.byteLength).toBe(model.length);
  }
  give(queue.take(model.length), model.length);
  for (const { bytes, wanted } of given) expect(bytes.equals(wanted)).toBe(true);
}

describe('a byte queue', () => {
  test('gives what a plain buffer would give, for any pushes and reads, and never changes what it gave', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 120 }), follow), settings);
  });

  test('does the same where every push is tiny', () => {
    const tiny = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('push' as const), size: fc.nat(3), backing: fc.constant(0) }) },
      { weight: 1, arbitrary: step },
    );
    fc.assert(fc.property(fc.array(tiny, { maxLength: 600 }), follow), { ...settings, numRuns: 60 });
  });

  test('finds a byte in a later chunk that is longer than the chunks before it', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.alloc(2000));
    const chunk = Buffer.alloc(5000);
    chunk[1] = 0x0a;
    queue.push(chunk);
    expect(queue.indexOf(0x0a)).toBe(2001);
    expect(queue.indexOf(0x0a, 2001)).toBe(2001);
    expect(queue.indexOf(0x0a, 2002)).toBe(-1);
  });

  test('searches from the first byte that is left, and takes a negative start for 0', () => {
    const queue = new ByteQueue();
    queue.push(Buffer.from('a\nb\nc'));
    queue.skip(2);
    expect(queue.indexOf(0x0a)).toBe(1);
    expect(queue.indexOf(0x0a, -5)).toBe(1);
    expect(queue.indexOf(0x0a, 99)).toBe(-1);
  });

  test('takes plain Uint8Arrays, windows into larger ones too', () => {
    const queue = new ByteQueue();
    const bytes = new Uint8Array(5000).map((_, at) => at % 256);
    queue.push(bytes.subarray(100, 103));
    queue.push(bytes.subarray(1000, 4000));
    expect([...queue.take(3)]).toEqual([100, 101, 102]);
    expect(queue.take(3000).equals(bytes.subarray(1000, 4000))).toBe(true);
  });

  test.each([-1, 1.5, 4, NaN, Infinity])('refuses to read %d of 3 bytes and keeps them', (n) => {
    const queue = new ByteQueue();
    queue.push(Buffer.from('abc'));
    const message = `n must be an integer from 0 to 3 (the bytes queued), got ${n}`;
    for (const read of [() => queue.take(n), () => queue.peek(n), () => queue.skip(n)]) {
      expect(read).toThrow(new RangeError(message));
    }
    expect(queue.take(3).toString()).toBe('abc');
  });

  test('gives no bytes where none are asked for, also when it is empty', () => {
    const queue = new ByteQueue();
    expect(queue.take(0)).toHaveLength(0);
    expect(queue.peek(0)).toHaveLength(0);
    queue.skip(0);
    queue.push(Buffer.alloc(0));
    expect(queue.byteLength).toBe(0);
    expect(queue.indexOf(0)).toBe(-1);
  });
});
