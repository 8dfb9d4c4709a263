import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey } from '../src/address-key.js';
import { settings } from './property.js';

describe('one key for', () => {
  it.each([
    ['an IPv4 address', ['1.2.3.4', '::ffff:1.2.3.4', '::FFFF:1.2.3.4', '::ffff:102:304', '0:0:0:0:0:ffff:1.2.3.4', '0000:0000::ffff:0102:0304', '::ffff:1.2.3.4%eth0']],
    ['an IPv6 /64', ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1', '2001:DB8:1:2::', '2001:0db8:0001:0002:ffff::', '2001:db8:1:2:3:4:1.2.3.4', '2001:db8:1:2::%eth0', '2001:db8:1:2:3:4:5:6%1']],
    ['a /64 with zeros', ['2001:db8::1', '2001:db8:0:0:5::', '2001:db8:0:0:1:2:3:4', '2001:db8::1:2:3:4', '2001:0db8:0000:0000::']],
    ['link-local addresses, whatever the zone', ['fe80::1', 'fe80::1%eth0', 'fe80::2%lo', 'FE80:0:0:0:1:2:3:4%1']],
    ['all that has no address', [undefined, null, '', 5, {}, Symbol('x')]],
    ['all that is long', ['x'.repeat(65), 'y'.repeat(1_000_000), `${':'.repeat(65)}`]],
  ])('%s', (_, spellings) => {
    const keys = new Set(spellings.map((spelling) => addressKey(spelling)));
    expect([...keys]).toHaveLength(1);
  });
});

it('different ones for different addresses', () => {
  const all = ['1.2.3.4', '1.2.3.5', '2001:db8:1:2::', '2001:db8:1:3::', '2001:db8::', '::1', '1::', 'fe80::1', '::ffff:1.2.3.5', undefined, 'unknown', 'x'.repeat(65), '::ffff:1.2.3', ':::', '1:2:3:4:5:6:7:8:9'];
  const keys = all.map(addressKey);
  // `::ffff:1.2.3.5` is `1.2.3.5`; all else differs.
  expect(new Set(keys).size).toBe(all.length - 1);
});

it('is 1.2.3.4 for IPv4 in IPv6, which a /64 would put into one', () => {
  expect(addressKey('::ffff:1.2.3.4')).toBe('1.2.3.4');
  // Embedded, but not mapped: IPv6.
  expect(addressKey('2001:db8::1.2.3.4')).toBe(addressKey('2001:db8::1'));
});

const hextet = fc.nat(0xffff);
const address = fc.tuple(hextet, hextet, hextet, hextet, hextet, hextet, hextet, hextet);

it('is that of the first 64 bits, in every spelling that net knows', () => {
  fc.assert(
    fc.property(address, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }), fc.nat(7), fc.nat(8), (groups, padded, from, length) => {
      const zeroed = groups.map((group, index) => (index >= from && index < from + length ? 0 : group));
      const texts = zeroed.map((group, index) => {
        const hex = group.toString(16);
        return padded[index] === true ? hex.padStart(4, '0').toUpperCase() : hex;
      });
      const end = Math.min(8, from + length);
      const compressed = `${texts.slice(0, from).join(':')}::${texts.slice(end).join(':')}`;
      const spellings = [texts.join(':'), ...(length > 0 ? [compressed] : [])];
      const isMapped = zeroed.slice(0, 5).every((group) => group === 0) && zeroed[5] === 0xffff;
      for (const spelling of spellings) {
        assert.equal(isIP(spelling), 6, spelling);
        if (!isMapped) assert.equal(addressKey(spelling), zeroed.slice(0, 4).map((group) => group.toString(16)).join(':'), spelling);
      }
    }),
    settings,
  );
});

it('is short, and never throws, for any text', () => {
  const alphabet = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(':', '::', '.', '%', 'f', '0', '1', 'ffff', 'g', 'F') }), fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes)));
  fc.assert(
    fc.property(alphabet, (text) => {
      assert.ok(addressKey(text).length <= 64);
    }),
    settings,
  );
});
