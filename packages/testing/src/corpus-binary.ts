// Bytes that are no message in the documented binary format, each with the code that a decoder must answer.
//
//   offset  0      2             6      8
//           | type | length      | flags | payload … length bytes        big-endian
//             u16    u32           u16

/** Bytes that a decoder of binary messages must refuse. */
export interface BinaryCorpusEntry {
  /** What is wrong. Unique in its list. */
  name: string;
  bytes: Buffer;
  /** The code of the error, with `maxPayloadBytes` at its default of 1 MiB. */
  code: 'ERR_FRAME_TOO_LARGE' | 'ERR_FRAME_UNKNOWN_TYPE' | 'ERR_FRAME_RESERVED_FLAGS' | 'ERR_FRAME_TRUNCATED';
  /** The decoder must be told that these types are all there are. */
  knownTypes?: readonly number[];
  /** The decoder must be told that these flags are all there are, as a mask. */
  knownFlags?: number;
}

const DATA = 0x10;
const LIMIT_BYTES = 1024 * 1024;

const TOO_LARGE_LENGTHS: readonly (readonly [name: string, length: number])[] = [
  ['one over the limit', LIMIT_BYTES + 1],
  ['twice the limit', 2 * LIMIT_BYTES],
  ['2^24', 2 ** 24],
  ['2^31 - 1', 2 ** 31 - 1],
  ['2^31, negative where read as signed', 2 ** 31],
  ['2^32 - 2', 2 ** 32 - 2],
  ['2^32 - 1, the longest there is', 2 ** 32 - 1],
];

/** What a decoder refuses as soon as it has the bytes. */
export const binaryCorpus: readonly BinaryCorpusEntry[] = [
  ...TOO_LARGE_LENGTHS.map(([name, length]) => ({
    name,
    bytes: header(DATA, length, 0),
    code: 'ERR_FRAME_TOO_LARGE' as const,
  })),
  {
    name: 'one over the limit as a heartbeat',
    bytes: header(0x01, LIMIT_BYTES + 1, 0),
    code: 'ERR_FRAME_TOO_LARGE',
  },
  {
    name: 'one over the limit with every flag',
    bytes: header(DATA, LIMIT_BYTES + 1, 0xffff),
    code: 'ERR_FRAME_TOO_LARGE',
  },
  { name: 'every byte 0xff', bytes: Buffer.alloc(16, 0xff), code: 'ERR_FRAME_TOO_LARGE' },
  {
    name: 'little-endian header',
    bytes: Buffer.from('1000050000000000', 'hex'),
    code: 'ERR_FRAME_TOO_LARGE',
  },
  { name: 'a JSON message', bytes: Buffer.from('15\n{"type":"ping"}'), code: 'ERR_FRAME_TOO_LARGE' },
  {
    name: 'type 0',
    bytes: header(0, 0, 0),
    code: 'ERR_FRAME_UNKNOWN_TYPE',
    knownTypes: [0x01, 0x02, DATA, 0x20],
  },
  {
    name: 'a type between the known ones',
    bytes: header(0x11, 0, 0),
    code: 'ERR_FRAME_UNKNOWN_TYPE',
    knownTypes: [0x01, 0x02, DATA, 0x20],
  },
  {
    name: 'type 65535',
    bytes: header(0xffff, 0, 0),
    code: 'ERR_FRAME_UNKNOWN_TYPE',
    knownTypes: [0x01, 0x02, DATA, 0x20],
  },
  {
    name: 'a known type in the wrong byte order',
    bytes: header(0x1000, 0, 0),
    code: 'ERR_FRAME_UNKNOWN_TYPE',
    knownTypes: [0x01, 0x02, DATA, 0x20],
  },
  { name: 'the lowest reserved flag', bytes: header(DATA, 0, 0x0004), code: 'ERR_FRAME_RESERVED_FLAGS', knownFlags: 0x0003 },
  { name: 'the highest flag', bytes: header(DATA, 0, 0x8000), code: 'ERR_FRAME_RESERVED_FLAGS', knownFlags: 0x0003 },
  { name: 'a known and a reserved flag', bytes: header(DATA, 0, 0x0101), code: 'ERR_FRAME_RESERVED_FLAGS', knownFlags: 0x0003 },
  { name: 'a flag where none is known', bytes: header(DATA, 0, 0x0001), code: 'ERR_FRAME_RESERVED_FLAGS', knownFlags: 0 },
];

/** What a reader refuses only when the stream ends behind the bytes. */
export const binaryTruncatedCorpus: readonly BinaryCorpusEntry[] = [
  { name: 'end within the type', bytes: header(DATA, 5, 0).subarray(0, 1), code: 'ERR_FRAME_TRUNCATED' },
  { name: 'end behind the type', bytes: header(DATA, 5, 0).subarray(0, 2), code: 'ERR_FRAME_TRUNCATED' },
  { name: 'end within the length', bytes: header(DATA, 5, 0).subarray(0, 4), code: 'ERR_FRAME_TRUNCATED' },
  { name: 'end within the flags', bytes: header(DATA, 5, 0).subarray(0, 7), code: 'ERR_FRAME_TRUNCATED' },
  { name: 'end behind the header', bytes: header(DATA, 5, 0), code: 'ERR_FRAME_TRUNCATED' },
  {
    name: 'end one byte early',
    bytes: Buffer.concat([header(DATA, 5, 0), Buffer.from('hell')]),
    code: 'ERR_FRAME_TRUNCATED',
  },
  {
    name: 'end far within the longest payload',
    bytes: Buffer.concat([header(DATA, LIMIT_BYTES, 0), Buffer.alloc(1024)]),
    code: 'ERR_FRAME_TRUNCATED',
  },
];

function header(type: number, length: number, flags: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt32BE(length, 2);
  bytes.writeUInt16BE(flags, 6);
  return bytes;
}
