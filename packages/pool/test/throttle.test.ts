import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectionThrottler, type ConnectionThrottlerOptions } from '../src/index.js';

const ip = '192.0.2.1';

/** A throttle whose clock stands until it is moved. */
function throttleAt(options: ConnectionThrottlerOptions = {}, max = 10, window = 60_000): { throttle: ConnectionThrottler; clock: { now: number } } {
  const clock = { now: 1000.5 };
  return { throttle: new ConnectionThrottler(max, window, { now: () => clock.now, ...options }), clock };
}

function accepted(throttle: ConnectionThrottler, address: string | undefined, tries: number): number {
  let count = 0;
  for (let n = 0; n < tries; n++) if (throttle.canAcceptConnection(address)) count++;
  return count;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('as documented', () => {
  it('ten are accepted, the eleventh is refused, one released, the next accepted', () => {
    const throttle = new ConnectionThrottler();
    expect(accepted(throttle, ip, 11)).toBe(10);
    throttle.releaseConnection(ip);
    expect(throttle.canAcceptConnection(ip)).toBe(true);
    expect(throttle.canAcceptConnection(ip)).toBe(false);
  });

  it('all is forgotten when the window ends, which began with the first one', () => {
    const { throttle, clock } = throttleAt();
    expect(accepted(throttle, ip, 1)).toBe(1);
    clock.now += 59_000;
    expect(accepted(throttle, ip, 20)).toBe(9);
    clock.now += 999;
    expect(throttle.canAcceptConnection(ip)).toBe(false);
    clock.now += 1;
    expect(accepted(throttle, ip, 20)).toBe(10);
  });

  it('what is released more often than accepted makes no room for more than the limit', () => {
    const { throttle } = throttleAt();
    for (let n = 0; n < 5; n++) throttle.releaseConnection(ip);
    expect(accepted(throttle, ip, 20)).toBe(10);
    for (let n = 0; n < 50; n++) throttle.releaseConnection(ip);
    expect(accepted(throttle, ip, 20)).toBe(10);
  });

  it('addresses do not concern each other', () => {
    const { throttle } = throttleAt();
    expect(accepted(throttle, ip, 20)).toBe(10);
    expect(accepted(throttle, '192.0.2.2', 20)).toBe(10);
    expect(accepted(throttle, undefined, 20)).toBe(10);
    throttle.releaseConnection('192.0.2.3');
    expect(throttle.canAcceptConnection(ip)).toBe(false);
  });

  it('the clock is performance.now, found when it is needed', () => {
    const throttle = new ConnectionThrottler(1, 1000);
    vi.useFakeTimers({ toFake: ['performance'] });
    expect(accepted(throttle, ip, 2)).toBe(1);
    vi.advanceTimersByTime(1000);
    expect(accepted(throttle, ip, 2)).toBe(1);
  });
});

describe('check', () => {
  it('says when to come back, and that is right', () => {
    const { throttle, clock } = throttleAt({}, 1);
    expect(throttle.check(ip)).toEqual({ ok: true });
    clock.now += 12_345.6;
    const verdict = throttle.check(ip);
    expect(verdict).toEqual({ ok: false, code: 'ERR_POOL_RATE_LIMITED', retryAfter: 47_655 });
    clock.now += 47_654;
    expect(throttle.check(ip)).toMatchObject({ ok: false, retryAfter: 1 });
    clock.now += 1;
    expect(throttle.check(ip)).toEqual({ ok: true });
  });

  it('cannot say it for a window without end', () => {
    const { throttle } = throttleAt({}, 1, Infinity);
    throttle.check(ip);
    expect(throttle.check(ip)).toEqual({ ok: false, code: 'ERR_POOL_RATE_LIMITED', retryAfter: undefined });
  });

  it('counts together with canAcceptConnection', () => {
    const { throttle } = throttleAt({}, 2);
    expect([throttle.check(ip).ok, throttle.canAcceptConnection(ip), throttle.check(ip).ok, throttle.canAcceptConnection(ip)]).toEqual([true, true, false, false]);
  });
});

describe('with maxConcurrentPerIP', () => {
  it('what is held at once has its own limit, and windows do not end it', () => {
    const { throttle, clock } = throttleAt({ maxConcurrentPerIP: 3 });
    expect(accepted(throttle, ip, 5)).toBe(3);
    expect(throttle.check(ip)).toEqual({ ok: false, code: 'ERR_POOL_ADDRESS_FULL', retryAfter: undefined });
    clock.now += 10_000_000;
    expect(throttle.canAcceptConnection(ip)).toBe(false);
    throttle.releaseConnection(ip);
    expect(accepted(throttle, ip, 5)).toBe(1);
  });

  it('a release gives nothing back to the window: who opens and closes in turn is stopped too', () => {
    const { throttle, clock } = throttleAt({ maxConcurrentPerIP: 3 });
    let count = 0;
    for (let n = 0; n < 100; n++) {
      if (!throttle.canAcceptConnection(ip)) continue;
      count++;
      throttle.releaseConnection(ip);
    }
    expect(count).toBe(10);
    expect(throttle.check(ip)).toMatchObject({ code: 'ERR_POOL_RATE_LIMITED', retryAfter: 60_000 });
    clock.now += 60_000;
    expect(throttle.canAcceptConnection(ip)).toBe(true);
  });

  it('a refusal for what is held takes nothing from the window', () => {
    const { throttle } = throttleAt({ maxConcurrentPerIP: 1 }, 2);
    expect(accepted(throttle, ip, 10)).toBe(1);
    throttle.releaseConnection(ip);
    expect(accepted(throttle, ip, 10)).toBe(1);
    throttle.releaseConnection(ip);
    expect(throttle.check(ip)).toMatchObject({ code: 'ERR_POOL_RATE_LIMITED' });
  });
});

it('no argument makes it throw', () => {
  const throttle = new ConnectionThrottler(10, 60_000, { maxConcurrentPerIP: 5 });
  for (const address of ['', ':', '::', '%', '::%', 'ffff:', '::ffff:999.1.1.1', '\0', '\ud800', 'x'.repeat(10 ** 6), null, 5, {}, [], Symbol('x')]) {
    throttle.canAcceptConnection(address as string);
    throttle.check(address as string);
    throttle.releaseConnection(address as string);
  }
  expect(throttle.canAcceptConnection(ip)).toBe(true);
});
