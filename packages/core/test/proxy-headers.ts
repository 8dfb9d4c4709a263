// PROXY headers written from the specification, apart from the code that reads them.
import { isIPv6 } from 'node:net';

export const SIGNATURE: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

export interface V2 {
  versionAndCommand?: number;
  familyAndTransport?: number;
  addresses?: Buffer;
  tlvs?: Buffer[];
  /** Where it is not what the rest adds up to. */
  length?: number;
}

export function v2({ versionAndCommand = 0x21, familyAndTransport = 0x11, addresses = inet(), tlvs = [], length }: V2 = {}): Buffer {
  const rest = Buffer.concat([addresses, ...tlvs]);
  const fixed = Buffer.alloc(4);
  fixed[0] = versionAndCommand;
  fixed[1] = familyAndTransport;
  fixed.writeUInt16BE(length ?? rest.length, 2);
  return Buffer.concat([SIGNATURE, fixed, rest]);
}

/** 192.0.2.1:1000 → 192.0.2.2:2000 */
export function inet(): Buffer {
  return Buffer.from([192, 0, 2, 1, 192, 0, 2, 2, 1000 >> 8, 1000 & 0xff, 2000 >> 8, 2000 & 0xff]);
}

/** Two addresses written out in full, `2001:0db8:…`, with the same ports. */
export function inet6(source: string, destination: string): Buffer {
  return Buffer.concat([...[source, destination].map(groups), inet().subarray(8)]);
}

function groups(full: string): Buffer {
  if (!isIPv6(full) || full.length !== 39) throw new Error(`not written in full: ${full}`);
  return Buffer.from(full.replaceAll(':', ''), 'hex');
}

export function tlv(type: number, value: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([type, value.length >> 8, value.length & 0xff]), value]);
}

/** The header with its sum filled in; worked out bit by bit, as the definition has it. */
export function withChecksum(header: V2): Buffer {
  const bytes = v2({ ...header, tlvs: [...(header.tlvs ?? []), tlv(0x03, Buffer.alloc(4))] });
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  bytes.writeUInt32BE((crc ^ 0xffffffff) >>> 0, bytes.length - 4);
  return bytes;
}
