// Whose connection it is: the text under which an address is counted. Any value in, a short text out; never throws.
// IPv6 counts by its first 64 bits, for a host has all that follow. IPv4 in IPv6 (RFC 4291, 2.5.5.2) is IPv4.

/** What has no address: unix sockets, and connections that were gone at once. */
const NO_ADDRESS = 'none';
/** No address is longer; what comes with a longer one is counted together, so that a table holds no long texts. */
const MAX_LENGTH = 64;
const TOO_LONG = 'too long';

const COLON = 0x3a;
const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const LOWER_A = 0x61;
const LOWER_F = 0x66;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** The key of an address. Equal for all spellings of one IPv6 /64 and of one IPv4 address. */
export function addressKey(address: unknown): string {
  if (typeof address !== 'string' || address === '') return NO_ADDRESS;
  if (!address.includes(':')) return address.length > MAX_LENGTH ? TOO_LONG : address;
  return plainPrefix(address) ?? parsedPrefix(address);
}

/**
 * The first four groups as they stand, where they are four and spelt as the system spells them (RFC 5952). This is the
 * way of nearly all addresses, so it looks at no character twice.
 */
function plainPrefix(address: string): string | undefined {
  let group = 0;
  let begin = 0;
  for (let at = 0; at < address.length; at++) {
    const code = address.charCodeAt(at);
    if (code === COLON) {
      const length = at - begin;
      const isPadded = length > 1 && address.charCodeAt(begin) === DIGIT_0;
      if (length === 0 || length > 4 || isPadded) return undefined;
      // All zero may be IPv4 in IPv6.
      if (++group === 4) return at === 7 && address.startsWith('0:0:0:0') ? undefined : address.slice(0, at);
      begin = at + 1;
    } else if (!(code >= DIGIT_0 && code <= DIGIT_9) && !(code >= LOWER_A && code <= LOWER_F)) {
      return undefined;
    }
  }
  return undefined;
}

/** The same for every other spelling; what is no address stays as it is. */
function parsedPrefix(address: string): string {
  if (address.length > MAX_LENGTH) return TOO_LONG;
  const [text = ''] = address.split('%', 1);
  const groups = groupsOf(text);
  if (groups === undefined) return address;
  const [high, low] = [groups[6] as number, groups[7] as number];
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (isMapped) return `${high >> 8}.${high & 0xff}.${low >> 8}.${low & 0xff}`;
  return groups.slice(0, 4).map((group) => group.toString(16)).join(':');
}

/** The eight groups of an IPv6 address, or `undefined`. */
function groupsOf(text: string): number[] | undefined {
  const [head = '', tail, ...rest] = text.split('::');
  if (rest.length > 0) return undefined;
  const left = head === '' ? [] : groupsOfHalf(head, tail === undefined);
  const right = tail === undefined || tail === '' ? [] : groupsOfHalf(tail, true);
  if (left === undefined || right === undefined) return undefined;
  const missing = 8 - left.length - right.length;
  // `::` stands for one group at least.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

/** Only the very end may be an IPv4 address. */
function groupsOfHalf(text: string, isEnd: boolean): number[] | undefined {
  const groups: number[] = [];
  const pieces = text.split(':');
  for (const [index, piece] of pieces.entries()) {
    if (isEnd && index === pieces.length - 1 && IPV4.test(piece)) {
      const octets = piece.split('.').map(Number);
      if (octets.some((octet) => octet > 255)) return undefined;
      const [a, b, c, d] = octets as [number, number, number, number];
      groups.push((a << 8) | b, (c << 8) | d);
    } else if (/^[\da-f]{1,4}$/i.test(piece)) {
      groups.push(parseInt(piece, 16));
    } else {
      return undefined;
    }
  }
  return groups;
}
