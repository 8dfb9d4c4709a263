// The checksum of a chunk: zlib's where Node offers it (20.15, 22.2), thirty times as fast, else our own.
import * as zlib from 'node:zlib';
import { crc32ByTable } from './crc32-table.js';

const native = (zlib as { crc32?: (bytes: Uint8Array) => number }).crc32;

/** CRC-32 of bytes, as an integer from 0 to 2^32 − 1. */
export const crc32: (bytes: Uint8Array) => number = typeof native === 'function' ? (bytes) => native(bytes) : crc32ByTable;
