// The throttle against a plain model that forgets nothing, under a clock that the test moves.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { it } from 'vitest';
import { ConnectionThrottler } from '../src/index.js';
import { settings } from './property.js';

const WINDOW = 100;

interface Plain {
  count: number;
  since: number;
  held: number;
}

/** What README.md says, with a Map and no bound. */
class PlainThrottle {
  readonly entries = new Map<string, Plain>();
  constructor(readonly max: number, readonly maxHeld: number) {}

  check(address: string, now: number): { ok: boolean; code?: string; retryAfter?: number | undefined } {
    const entry = this.entries.get(address) ?? { count: 0, since: now, held: 0 };
    this.entries.set(address, entry);
    if (entry.held >= this.maxHeld) return { ok: false, code: 'ERR_POOL_ADDRESS_FULL', retryAfter: undefined };
    if (now - entry.since >= WINDOW) Object.assign(entry, { count: 0, since: now });
    if (entry.count >= this.max) return { ok: false, code: 'ERR_POOL_RATE_LIMITED', retryAfter: Math.ceil(entry.since + WINDOW - now) };
    entry.count++;
    if (this.maxHeld < Infinity) entry.held++;
    return { ok: true };
  }

  release(address: string): void {
    const entry = this.entries.get(address);
    if (entry === undefined) return;
    if (this.maxHeld < Infinity) entry.held = Math.max(0, entry.held - 1);
    else entry.count = Math.max(0, entry.count - 1);
  }
}

type Step = { do: 'check' | 'release'; address: string } | { do: 'wait'; ms: number };

function steps(addresses: number, maxLength: number): fc.Arbitrary<Step[]> {
  const address = fc.nat(addresses - 1).map((n) => `10.0.0.${n}`);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.record({ do: fc.constant('check' as const), address }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), address }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 30, 49, 50, 51, 99, 100, 101, 199, 200, 1000) }) },
  );
  return fc.array(step, { maxLength, size: 'max' });
}

const limits = fc.record({ max: fc.integer({ min: 1, max: 4 }), maxHeld: fc.constantFrom(1, 2, 3, Infinity) });

it('says the same as the model, to the millisecond, while the table has room: time alone drops nothing that counts', () => {
  fc.assert(
    fc.property(limits, steps(6, 200), ({ max, maxHeld }, all) => {
      let now = 0;
      const plain = new PlainThrottle(max, maxHeld);
      const throttle = new ConnectionThrottler(max, WINDOW, { maxConcurrentPerIP: maxHeld, now: () => now, maxTrackedAddresses: 24 });
      for (const step of all) {
        if (step.do === 'wait') now += step.ms;
        else if (step.do === 'release') {
          plain.release(step.address);
          throttle.releaseConnection(step.address);
        } else {
          assert.deepEqual(throttle.check(step.address), plain.check(step.address, now));
        }
      }
    }),
    settings,
  );
});

it('with a table that is too small it stays small, never forgets who holds connections, and is lenient only', () => {
  fc.assert(
    fc.property(limits, fc.integer({ min: 2, max: 9 }), steps(20, 300), ({ max, maxHeld }, maxTrackedAddresses, all) => {
      let now = 0;
      const held = new Map<string, number>();
      const hits = new Map<string, number[]>();
      const throttle = new ConnectionThrottler(max, WINDOW, { maxConcurrentPerIP: maxHeld, now: () => now, maxTrackedAddresses });
      for (const step of all) {
        if (step.do === 'wait') {
          now += step.ms;
          continue;
        }
        const { address } = step;
        const holds = held.get(address) ?? 0;
        if (step.do === 'release') {
          throttle.releaseConnection(address);
          if (holds > 1) held.set(address, holds - 1);
          else held.delete(address);
        } else {
          const verdict = throttle.check(address);
          const recent = (hits.get(address) ?? []).filter((at) => now - at < WINDOW);
          if (verdict.ok) {
            assert.ok(holds < maxHeld);
            if (maxHeld < Infinity) held.set(address, holds + 1);
            hits.set(address, [...recent, now]);
          } else if (verdict.code === 'ERR_POOL_ADDRESS_FULL') assert.equal(holds, maxHeld);
          else if (verdict.code === 'ERR_POOL_TABLE_FULL') assert.equal(held.size, maxTrackedAddresses);
          else assert.ok(recent.length >= max);
        }
        assert.ok(throttle.size <= maxTrackedAddresses);
      }
    }),
    settings,
  );
});
