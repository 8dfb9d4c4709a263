// The header of HAProxy's PROXY protocol, versions 1 and 2 (proxy-protocol.txt, 2020-03-05, sections 2.1 and 2.2). Bytes
// in as they come, however cut; out comes one header and what stood behind it. It refuses at the first byte that can be
// no header, and never holds more than one header's bytes.
//
// v1  "PROXY" SP ("TCP4" | "TCP6") SP source SP destination SP port SP port CRLF      107 bytes at most
//     "PROXY" SP "UNKNOWN" … CRLF
// v2  offset  0                 12           13                  14        16
//             | signature (12) | 2 << 4 | command | family << 4 | transport | length u16 | addresses, TLVs … length bytes
//     IPv4 addresses: 4 + 4 + 2 + 2 bytes, IPv6: 16 + 16 + 2 + 2, unix: 108 + 108; big-endian
import { ByteQueue } from '@verb-tcp/socket/bytes';
import type { ProxyTLV } from './connection-info.js';
import { crc32c } from './crc32c.js';
import { TCPError } from './errors.js';
import { canonicalIPv6, formatIPv4, formatIPv6, isIPv4 } from './ip-address.js';
import type { ProxyProtocol } from './options.js';

/** A header, with the addresses that it tells; absent where it tells none. */
export interface ProxyHeader {
  version: 1 | 2;
  command: 'proxy' | 'local';
  /** Absent: take the connection's own. */
  source: Endpoint | undefined;
  destination: Endpoint | undefined;
  tlvs: ProxyTLV[];
}

/** Both are absent for an end on a unix socket. */
export interface Endpoint {
  address: string | undefined;
  port: number | undefined;
}

const V1_START = Buffer.from('PROXY ', 'latin1');
const V1_MAX_BYTES = 107;
const V2_SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const V2_FIXED_BYTES = 16;
const LF = 0x0a;

const TLV_CRC32C = 0x03;
const UNSPECIFIED = 0;
const INET = 1;
const INET6 = 2;
const UNIX = 3;
const ADDRESS_BYTES: Readonly<Record<number, number>> = { [UNSPECIFIED]: 0, [INET]: 12, [INET6]: 36, [UNIX]: 216 };

export class ProxyHeaderDecoder {
  readonly #bytes = new ByteQueue();
  readonly #starts: readonly Uint8Array[];
  /** Bytes of the whole header, once they are known. */
  #total: number | undefined;

  constructor(expected: ProxyProtocol) {
    this.#starts = [...(expected === 'v2' ? [] : [V1_START]), ...(expected === 'v1' ? [] : [V2_SIGNATURE])];
  }

  /** Whether a part of a header has come. */
  get hasBegun(): boolean {
    return this.#bytes.byteLength > 0;
  }

  /**
   * The header, once it is whole; `rest` then has what came behind it. Until then leave the bytes
   * as they are.
   *
   * @throws {TCPError} `ERR_TCP_PROXY_INVALID`, `ERR_TCP_PROXY_TOO_LONG`
   */
  push(chunk: Uint8Array): ProxyHeader | undefined {
    this.#bytes.push(chunk);
    if (this.#total === undefined) {
      this.#total = this.#measure();
      if (this.#total === undefined) return undefined;
    }
    if (this.#bytes.byteLength < this.#total) return undefined;
    // A copy, so that extensions hold no chunk; and no Buffer, whose `slice` would be a view.
    const header = new Uint8Array(this.#bytes.take(this.#total));
    return header[0] === V2_SIGNATURE[0] ? parseV2(header) : parseV1(header);
  }

  /** What came behind the header. */
  rest(): Uint8Array {
    return this.#bytes.take(this.#bytes.byteLength);
  }

  #measure(): number | undefined {
    const have = this.#bytes.byteLength;
    const head = this.#bytes.peek(Math.min(have, V2_FIXED_BYTES));
    const start = this.#starts.find((candidate) => startsAlike(head, candidate));
    if (start === undefined) throw invalid('this is not how a header of the expected version begins');
    if (start === V2_SIGNATURE) return have < V2_FIXED_BYTES ? undefined : V2_FIXED_BYTES + readUint16(head, 14);
    const end = this.#bytes.indexOf(LF, 0);
    if (end >= 0 && end < V1_MAX_BYTES) return end + 1;
    if (have < V1_MAX_BYTES) return undefined;
    throw new TCPError('ERR_TCP_PROXY_TOO_LONG', `a version 1 header ends within ${V1_MAX_BYTES} bytes`);
  }
}

/** Whether one is the beginning of the other. */
function startsAlike(head: Uint8Array, start: Uint8Array): boolean {
  const length = Math.min(head.length, start.length);
  for (let index = 0; index < length; index++) if (head[index] !== start[index]) return false;
  return true;
}

function parseV1(header: Uint8Array): ProxyHeader {
  const line = Buffer.from(header.buffer, header.byteOffset, header.length).toString('latin1');
  if (!line.endsWith('\r\n')) throw invalid('a version 1 header ends with CR LF');
  const words = line.slice(0, -2).split(' ');
  const family = words[1];
  // Whatever follows UNKNOWN is to be ignored.
  if (family === 'UNKNOWN') return { version: 1, command: 'proxy', source: undefined, destination: undefined, tlvs: [] };
  if ((family !== 'TCP4' && family !== 'TCP6') || words.length !== 6) throw invalid('not "PROXY TCP4|TCP6 source destination port port"');
  const [, , source, destination, sourcePort, destinationPort] = words as [string, string, string, string, string, string];
  return {
    version: 1,
    command: 'proxy',
    source: { address: parseAddress(family, source), port: parsePort(sourcePort) },
    destination: { address: parseAddress(family, destination), port: parsePort(destinationPort) },
    tlvs: [],
  };
}

function parseAddress(family: 'TCP4' | 'TCP6', text: string): string {
  const address = family === 'TCP4' ? (isIPv4(text) ? text : undefined) : canonicalIPv6(text);
  if (address === undefined) throw invalid(`no ${family} address: ${JSON.stringify(text)}`);
  return address;
}

function parsePort(text: string): number {
  const port = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : NaN;
  if (!(port <= 65_535)) throw invalid(`no port: ${JSON.stringify(text)}`);
  return port;
}

function parseV2(header: Uint8Array): ProxyHeader {
  const [versionAndCommand, familyAndTransport] = [header[12] as number, header[13] as number];
  const command = ({ 0x20: 'local', 0x21: 'proxy' } as const)[versionAndCommand];
  const [family, transport] = [familyAndTransport >> 4, familyAndTransport & 0x0f];
  const addressBytes = ADDRESS_BYTES[family];
  if (command === undefined || addressBytes === undefined || transport > 2) {
    throw invalid(`version and command 0x${versionAndCommand.toString(16)}, family and transport 0x${familyAndTransport.toString(16)}`);
  }
  // The proxy speaks for itself: its addresses are to be ignored.
  if (command === 'local') return { version: 2, command, source: undefined, destination: undefined, tlvs: [] };
  const tlvsAt = V2_FIXED_BYTES + addressBytes;
  if (header.length < tlvsAt) throw invalid(`family ${family} needs ${addressBytes} bytes of addresses, the header has ${header.length - V2_FIXED_BYTES}`);
  return { version: 2, command, ...readEndpoints(header, family), tlvs: readTLVs(header, tlvsAt) };
}

function readEndpoints(header: Uint8Array, family: number): Pick<ProxyHeader, 'source' | 'destination'> {
  if (family === UNSPECIFIED) return { source: undefined, destination: undefined };
  if (family === UNIX) {
    const nowhere = { address: undefined, port: undefined };
    return { source: nowhere, destination: nowhere };
  }
  const [size, format] = family === INET ? ([4, formatIPv4] as const) : ([16, formatIPv6] as const);
  const at = V2_FIXED_BYTES;
  return {
    source: { address: format(header, at), port: readUint16(header, at + 2 * size) },
    destination: { address: format(header, at + size), port: readUint16(header, at + 2 * size + 2) },
  };
}

function readTLVs(header: Uint8Array, from: number): ProxyTLV[] {
  const tlvs: ProxyTLV[] = [];
  for (let at = from; at < header.length; ) {
    const end = at + 3 + (at + 3 <= header.length ? readUint16(header, at + 1) : 0);
    if (end > header.length || at + 3 > header.length) throw invalid('an extension (TLV) ends behind the header');
    const type = header[at] as number;
    const value = header.slice(at + 3, end);
    if (type === TLV_CRC32C) checkSum(header, at + 3, value);
    tlvs.push({ type, value });
    at = end;
  }
  return tlvs;
}

/** The sum is over the whole header with its own four bytes as zeros. */
function checkSum(header: Uint8Array, at: number, value: Uint8Array): void {
  if (value.length !== 4) throw invalid(`a checksum has 4 bytes, this one ${value.length}`);
  const zeroed = header.slice().fill(0, at, at + 4);
  const told = ((readUint16(value, 0) << 16) | readUint16(value, 2)) >>> 0;
  if (crc32c(zeroed) !== told) throw invalid('the checksum does not fit');
}

function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

function invalid(why: string): TCPError {
  return new TCPError('ERR_TCP_PROXY_INVALID', `no PROXY header: ${why}`);
}
