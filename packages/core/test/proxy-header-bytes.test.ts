import { everySplit } from '@verb-tcp/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crc32c } from '../src/crc32c.js';
import { canonicalIPv6 } from '../src/ip-address.js';
import { ProxyHeaderDecoder, type ProxyHeader } from '../src/proxy-protocol.js';
import type { ProxyProtocol } from '../src/index.js';
import { inet, inet6, SIGNATURE, tlv, v2, withChecksum } from './proxy-headers.js';

const ALL: readonly ProxyProtocol[] = ['v1', 'v2', 'any'];

/** What a decoder says of these chunks: a header and what is left, a code, or that it waits. */
function read(chunks: readonly Uint8Array[], expected: ProxyProtocol = 'any'): unknown {
  const decoder = new ProxyHeaderDecoder(expected);
  const rest: Buffer[] = [];
  let header: ProxyHeader | undefined;
  for (const chunk of chunks) {
    try {
      if (header !== undefined) rest.push(Buffer.from(chunk));
      else header = decoder.push(chunk);
    } catch (error) {
      return (error as { code: string }).code;
    }
    if (header !== undefined && rest.length === 0) rest.push(Buffer.from(decoder.rest()));
  }
  return header === undefined ? 'waits' : { ...header, rest: Buffer.concat(rest).toString('latin1') };
}

const line = (text: string): Buffer => Buffer.from(text, 'latin1');
const told = (version: 1 | 2, source: unknown, destination: unknown, more: object = {}) => ({
  version,
  command: 'proxy',
  source,
  destination,
  tlvs: [],
  rest: '',
  ...more,
});
const at = (address: string | undefined, port: number | undefined) => ({ address, port });

const good: [name: string, bytes: Buffer, header: unknown][] = [
  ['v1 TCP4', line('PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n'), told(1, at('192.0.2.1', 1000), at('192.0.2.2', 2000))],
  ['v1 TCP6', line('PROXY TCP6 2001:db8::1 ::1 1 65535\r\n'), told(1, at('2001:db8::1', 1), at('::1', 65_535))],
  ['v1 TCP6 in another spelling', line('PROXY TCP6 2001:0DB8:0:0::0001 ::ffff:192.0.2.2 0 2\r\n'), told(1, at('2001:db8::1', 0), at('192.0.2.2', 2))],
  [
    'v1, the longest',
    line('PROXY TCP6 ffff:f:f:f:f:f:f:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n'),
    told(1, at('ffff:f:f:f:f:f:f:ffff', 65_535), at('ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 65_535)),
  ],
  ['v1 UNKNOWN', line('PROXY UNKNOWN\r\n'), told(1, undefined, undefined)],
  ['v1 UNKNOWN with whatever behind it', line(`PROXY UNKNOWN ${'x'.repeat(91)}\r\n`), told(1, undefined, undefined)],
  ['v2 IPv4', v2(), told(2, at('192.0.2.1', 1000), at('192.0.2.2', 2000))],
  ['v2 IPv4 over UDP', v2({ familyAndTransport: 0x12 }), told(2, at('192.0.2.1', 1000), at('192.0.2.2', 2000))],
  [
    'v2 IPv6',
    v2({ familyAndTransport: 0x21, addresses: inet6('2001:0db8:0000:0000:0001:0000:0000:0001', '0000:0000:0000:0000:0000:0000:0000:0000') }),
    told(2, at('2001:db8::1:0:0:1', 1000), at('::', 2000)),
  ],
  [
    'v2 IPv6 that is IPv4',
    v2({ familyAndTransport: 0x21, addresses: inet6('0000:0000:0000:0000:0000:ffff:c000:0201', '0000:0000:0000:0000:0000:0000:0000:0001') }),
    told(2, at('192.0.2.1', 1000), at('::1', 2000)),
  ],
  ['v2 unix', v2({ familyAndTransport: 0x31, addresses: Buffer.alloc(216, 'a') }), told(2, at(undefined, undefined), at(undefined, undefined))],
  ['v2 unspecified, with bytes to skip', v2({ familyAndTransport: 0x00, addresses: tlv(0x04, Buffer.alloc(9)) }), told(2, undefined, undefined, { tlvs: [{ type: 4, value: new Uint8Array(9) }] })],
  ['v2 LOCAL', v2({ versionAndCommand: 0x20, familyAndTransport: 0, addresses: Buffer.alloc(0) }), told(2, undefined, undefined, { command: 'local' })],
  ['v2 LOCAL with bytes to skip', v2({ versionAndCommand: 0x20, addresses: Buffer.alloc(100, 0xff) }), told(2, undefined, undefined, { command: 'local' })],
  [
    'v2 with extensions',
    v2({ tlvs: [tlv(0x02, line('example.org')), tlv(0x05, Buffer.alloc(0))] }),
    told(2, at('192.0.2.1', 1000), at('192.0.2.2', 2000), {
      tlvs: [{ type: 2, value: new Uint8Array(line('example.org')) }, { type: 5, value: new Uint8Array(0) }],
    }),
  ],
  ['v2 as long as can be', v2({ tlvs: [tlv(0xee, Buffer.alloc(65_535 - 12 - 3))] }), told(2, at('192.0.2.1', 1000), at('192.0.2.2', 2000), { tlvs: [{ type: 0xee, value: new Uint8Array(65_520) }] })],
];

const bad: [name: string, bytes: Buffer, code: string][] = [
  ['nothing like it', line('G'), 'ERR_TCP_PROXY_INVALID'],
  ['small letters', line('proxy TCP4 192.0.2.1 192.0.2.2 1 2\r\n'), 'ERR_TCP_PROXY_INVALID'],
  ['another signature', Buffer.concat([SIGNATURE.subarray(0, 11), line('x')]), 'ERR_TCP_PROXY_INVALID'],
  ...[
    'PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\n',
    'PROXY  TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1000\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000 3000\r\n',
    'PROXY TCP5 192.0.2.1 192.0.2.2 1000 2000\r\n',
    'PROXY tcp4 192.0.2.1 192.0.2.2 1000 2000\r\n',
    'PROXY TCP4 192.0.2.01 192.0.2.2 1000 2000\r\n',
    'PROXY TCP4 192.0.2.256 192.0.2.2 1000 2000\r\n',
    'PROXY TCP4 192.0.2 192.0.2.2 1000 2000\r\n',
    'PROXY TCP4 2001:db8::1 ::1 1000 2000\r\n',
    'PROXY TCP6 192.0.2.1 192.0.2.2 1000 2000\r\n',
    'PROXY TCP6 2001:db8::1%eth0 ::1 1000 2000\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 01000 2000\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1000 65536\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 -1 2000\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2 1e3 2000\r\n',
    'PROXY TCP4 192.0.2.1 192.0.2.2  2000\r\n',
    'PROXY \r\n',
  ].map((text): [string, Buffer, string] => [JSON.stringify(text), line(text), 'ERR_TCP_PROXY_INVALID']),
  ['107 bytes without an end', line(`PROXY UNKNOWN ${'x'.repeat(93)}`), 'ERR_TCP_PROXY_TOO_LONG'],
  ['an end at 108 bytes', line(`PROXY UNKNOWN ${'x'.repeat(92)}\r\n`), 'ERR_TCP_PROXY_TOO_LONG'],
  ['version 1 in a version 2 header', v2({ versionAndCommand: 0x11 }), 'ERR_TCP_PROXY_INVALID'],
  ['version 3', v2({ versionAndCommand: 0x31 }), 'ERR_TCP_PROXY_INVALID'],
  ['command 2', v2({ versionAndCommand: 0x22 }), 'ERR_TCP_PROXY_INVALID'],
  ['family 4', v2({ familyAndTransport: 0x41, addresses: Buffer.alloc(216) }), 'ERR_TCP_PROXY_INVALID'],
  ['transport 3', v2({ familyAndTransport: 0x13 }), 'ERR_TCP_PROXY_INVALID'],
  ['11 bytes of IPv4 addresses', v2({ addresses: inet().subarray(1) }), 'ERR_TCP_PROXY_INVALID'],
  ['35 bytes of IPv6 addresses', v2({ familyAndTransport: 0x21, addresses: Buffer.alloc(35) }), 'ERR_TCP_PROXY_INVALID'],
  ['215 bytes of unix addresses', v2({ familyAndTransport: 0x31, addresses: Buffer.alloc(215) }), 'ERR_TCP_PROXY_INVALID'],
  ['an extension that is longer than the header', v2({ tlvs: [Buffer.from([1, 0, 9, 1])] }), 'ERR_TCP_PROXY_INVALID'],
  ['two bytes of an extension', v2({ tlvs: [Buffer.from([1, 0])] }), 'ERR_TCP_PROXY_INVALID'],
  ['a checksum of three bytes', v2({ tlvs: [tlv(0x03, Buffer.alloc(3))] }), 'ERR_TCP_PROXY_INVALID'],
  ['a checksum that does not fit', v2({ tlvs: [tlv(0x03, Buffer.alloc(4))] }), 'ERR_TCP_PROXY_INVALID'],
];

describe('a PROXY header', () => {
  it.each(good)('is read: %s', (_, bytes, header) => {
    expect(read([bytes])).toEqual(header);
  });

  it.each(good.filter(([, bytes]) => bytes.length < 300))('is the same however it is cut: %s', (_, bytes, header) => {
    const whole = Buffer.concat([bytes, line('rest\r\nPROXY')]);
    everySplit(whole, (chunks) => expect(read(chunks)).toEqual({ ...(header as object), rest: 'rest\r\nPROXY' }));
  });

  it.each(bad)('is refused: %s', (_, bytes, code) => {
    expect(read([bytes])).toBe(code);
    everySplit(bytes, (chunks) => expect(read(chunks)).toBe(code));
  });

  it('has a checksum that holds for the whole header', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
    const header = withChecksum({ tlvs: [tlv(0x02, line('example.org'))] });
    expect(read([header])).toMatchObject({ version: 2, source: at('192.0.2.1', 1000) });
    for (let index = 16; index < header.length - 7; index++) {
      const changed = Buffer.from(header);
      changed[index] = (changed[index] as number) ^ 1;
      expect(read([changed]), `byte ${index}`).toBe('ERR_TCP_PROXY_INVALID');
    }
  });

  it('is of the version that was expected', () => {
    const headers = { v1: good[0]?.[1] as Buffer, v2: v2() };
    for (const expected of ALL) {
      for (const version of ['v1', 'v2'] as const) {
        const isExpected = expected === 'any' || expected === version;
        expect(read([headers[version]], expected), `${version} where ${expected}`).toEqual(isExpected ? expect.objectContaining({ command: 'proxy' }) : 'ERR_TCP_PROXY_INVALID');
      }
    }
  });

  it('waits for what can still become one, and for nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...good.map(([, bytes]) => bytes)), fc.nat(), (bytes, cut) => {
        expect(read([bytes.subarray(0, cut % bytes.length)])).toBe('waits');
      }),
      seeded,
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        const answer = read([bytes]);
        const isStart = [line('PROXY '), SIGNATURE].some((start) => start.subarray(0, bytes.length).equals(bytes.subarray(0, start.length)));
        if (!isStart) expect(answer).toBe('ERR_TCP_PROXY_INVALID');
      }),
      seeded,
    );
  });
});


const seeded = process.env['FC_SEED'] === undefined ? {} : { seed: Number(process.env['FC_SEED']) };

describe('an IPv6 address', () => {
  it.each([
    ['::', '::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1::', '1::'],
    ['::1', '::1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:0:3:0:4:0', '1:0:2:0:3:0:4:0'],
    ['1:0:0:2:3:0:0:4', '1::2:3:0:0:4'],
    ['2001:DB8::A', '2001:db8::a'],
    ['::FFFF:1.2.3.4', '1.2.3.4'],
    ['::ffff:102:304', '1.2.3.4'],
    ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
    ['', undefined],
    [':', undefined],
    [':::', undefined],
    ['1::2::3', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1:2:3:4:5:6:7::8:9', undefined],
    ['1:2:3:4:5:6:7:8::', undefined],
    ['12345::', undefined],
    ['g::', undefined],
    ['1.2.3.4::', undefined],
    ['::1.2.3.256', undefined],
    ['fe80::1%eth0', undefined],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalIPv6(text)).toBe(canonical);
  });
});
