// CRC-32C (Castagnoli, RFC 3720 appendix B.4), as the PROXY protocol's version 2 uses it. Bytes in, an unsigned 32-bit
// number out.

const POLYNOMIAL = 0x82f63b78; // reflected

/** Made at the first use: most who load this package never need it. */
let table: Uint32Array | undefined;

/** O(n). `crc32c('123456789')` is 0xe3069283. */
export function crc32c(bytes: Uint8Array): number {
  table ??= makeTable();
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, index) => {
    let value = index;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
    return value;
  });
}
