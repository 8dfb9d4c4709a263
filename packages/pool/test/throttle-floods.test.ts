import { describe, expect, it } from 'vitest';
import { ConnectionThrottler } from '../src/index.js';

/** What an address is put together from: its text, not the making of it, is what a throttle is asked with. */
const GROUPS = Array.from({ length: 4096 }, () => (1 + Math.floor(Math.random() * 0xffff)).toString(16));

/** `count` random IPv6 addresses, as the system spells them; the first half counts. */
function* randomAddresses(count: number): Generator<string> {
  for (let n = 0; n < count; n++) yield `${group()}:${group()}:${group()}:${group()}::1`;
}

function group(): string {
  return GROUPS[(Math.random() * GROUPS.length) | 0] as string;
}

describe('a flood of random IPv6 addresses, far more than there is room for (the bench has the million)', () => {
  it('leaves 65 536 entries at most, and who came again and again meanwhile is still refused', { timeout: 60_000 }, () => {
    const throttle = new ConnectionThrottler(10, 60_000, { now: () => 0 });
    const ip = '192.0.2.1';
    for (let n = 0; n < 10; n++) throttle.canAcceptConnection(ip);
    let n = 0;
    let most = 0;
    let refused = 0;
    for (const address of randomAddresses(250_000)) {
      if (!throttle.canAcceptConnection(address)) refused++;
      if (++n % 10_000 === 0 && throttle.canAcceptConnection(ip)) expect.unreachable('forgotten');
      if (n % 100 === 0) most = Math.max(most, throttle.size);
    }
    expect(refused).toBe(0);
    expect(most).toBeLessThanOrEqual(65_536);
    expect(most).toBeGreaterThan(60_000);
    expect(throttle.size).toBeLessThanOrEqual(65_536);
  });

  it('does not push out those who hold connections', { timeout: 60_000 }, () => {
    const throttle = new ConnectionThrottler(10, 60_000, { now: () => 0, maxConcurrentPerIP: 1 });
    for (let n = 0; n < 1000; n++) expect(throttle.canAcceptConnection(`10.0.${n >> 8}.${n & 255}`)).toBe(true);
    for (const address of randomAddresses(200_000)) {
      if (throttle.canAcceptConnection(address)) throttle.releaseConnection(address);
    }
    for (let n = 0; n < 1000; n++) expect(throttle.canAcceptConnection(`10.0.${n >> 8}.${n & 255}`)).toBe(false);
    expect(throttle.size).toBeLessThanOrEqual(65_536);
  });

  it('that are all held fills the table, and then new ones are refused by name', { timeout: 60_000 }, () => {
    const throttle = new ConnectionThrottler(10, 60_000, { maxConcurrentPerIP: 1 });
    const addresses = [...new Set(randomAddresses(70_000))];
    const verdicts = addresses.map((address) => throttle.check(address));
    expect(verdicts.filter(({ ok }) => ok)).toHaveLength(65_536);
    expect(verdicts.at(-1)).toEqual({ ok: false, code: 'ERR_POOL_TABLE_FULL', retryAfter: undefined });
    throttle.releaseConnection(addresses[0]);
    expect(throttle.check('192.0.2.1')).toEqual({ ok: true });
    expect(throttle.size).toBe(65_536);
  });
});

it('a flood from one /64 is one address', () => {
  const throttle = new ConnectionThrottler();
  let accepted = 0;
  for (let n = 0; n < 1000; n++) if (throttle.canAcceptConnection(`2001:db8:1:2::${n.toString(16)}`)) accepted++;
  expect(accepted).toBe(10);
  expect(throttle.size).toBe(1);
});

it('what has not been seen for a window is dropped as time goes by', () => {
  let now = 0;
  const throttle = new ConnectionThrottler(10, 1000, { now: () => now });
  for (const address of randomAddresses(1000)) throttle.canAcceptConnection(address);
  expect(throttle.size).toBe(1000);
  now = 1000;
  throttle.canAcceptConnection('192.0.2.1');
  now = 2000;
  throttle.canAcceptConnection('192.0.2.1');
  expect(throttle.size).toBeLessThanOrEqual(2);
});
