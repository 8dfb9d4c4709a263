// IP addresses as bytes and as the text that the system would print for them (RFC 5952), so that an address is the same
// string whoever told it. Text or bytes in, text or bytes out; anything that is no address gives `undefined`.

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
const IPV4_IN_IPV6 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;
const GROUPS = 8;

/** `::ffff:1.2.3.4` as the IPv4 address that it is; every other text as it is. */
export function unmapped(address: string): string {
  // Most begin otherwise, and each connection comes by here twice.
  return address.startsWith(':') ? (IPV4_IN_IPV6.exec(address)?.[1] ?? address) : address;
}

/** Four octets without leading zeros. */
export function isIPv4(text: string): boolean {
  return IPV4.test(text);
}

/** 4 bytes at `offset` as dotted decimal. */
export function formatIPv4(bytes: Uint8Array, offset: number): string {
  return bytes.subarray(offset, offset + 4).join('.');
}

/** 16 bytes at `offset`, the first longest run of zero groups as `::`; a mapped IPv4 address as IPv4. */
export function formatIPv6(bytes: Uint8Array, offset: number): string {
  const groups = Array.from({ length: GROUPS }, (_, group) => groupAt(bytes, offset + 2 * group));
  return formatGroups(groups);
}

/** An IPv6 address in any spelling, as `formatIPv6` would write it. A zone (`%eth0`) is none of the address. */
export function canonicalIPv6(text: string): string | undefined {
  const groups = groupsOf(text);
  return groups === undefined ? undefined : formatGroups(groups);
}

function formatGroups(groups: readonly number[]): string {
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high, low] = [groups[6] as number, groups[7] as number];
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
  }
  const { start, length } = longestZeroRun(groups);
  const hex = groups.map((group) => group.toString(16));
  // One zero group is not shortened.
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}

function groupAt(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
}

/** The eight 16-bit groups of a text, or `undefined`. */
function groupsOf(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = [groupsOfHalf(halves[0] as string, halves.length === 1), groupsOfHalf(halves[1] ?? '', true)];
  if (head === undefined || tail === undefined) return undefined;
  const missing = GROUPS - head.length - tail.length;
  // `::` stands for at least one group.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...tail];
}

/** What stands on one side of `::`; only at the very end the last piece may be an IPv4 address. */
function groupsOfHalf(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const pieces = text.split(':');
  for (const [index, piece] of pieces.entries()) {
    if (isEnd && index === pieces.length - 1 && isIPv4(piece)) {
      const [a, b, c, d] = piece.split('.').map(Number) as [number, number, number, number];
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (/^[\da-f]{1,4}$/i.test(piece)) {
      groups.push(parseInt(piece, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}
