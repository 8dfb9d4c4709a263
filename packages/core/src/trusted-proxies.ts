// Who may speak for others: a list of addresses and blocks, asked for every connection behind a proxy.
import { BlockList, isIP } from 'node:net';
import { unmapped } from './ip-address.js';

const UNIX = 'unix';

export class TrustedProxies {
  readonly #list = new BlockList();
  #trustsUnix = false;

  /** @throws RangeError for what is no address, block or `'unix'`. */
  constructor(entries: readonly string[]) {
    for (const [index, entry] of entries.entries()) {
      if (entry === UNIX) this.#trustsUnix = true;
      else if (!this.#add(entry)) {
        throw new RangeError(`trustedProxies[${index}] must be an address, a block like 10.0.0.0/8, or 'unix', got ${JSON.stringify(entry)}`);
      }
    }
  }

  #add(entry: unknown): boolean {
    if (typeof entry !== 'string') return false;
    const [text = '', prefix, ...more] = entry.split('/');
    const address = unmapped(text);
    const family = isIP(address);
    if (family === 0 || more.length > 0) return false;
    const type = family === 4 ? 'ipv4' : 'ipv6';
    if (prefix === undefined) {
      this.#list.addAddress(address, type);
      return true;
    }
    // A block of mapped addresses counts 96 bits that the IPv4 address does not have.
    const bits = /^\d{1,3}$/.test(prefix) ? Number(prefix) - (address === text ? 0 : 96) : NaN;
    if (!(bits >= 0 && bits <= (family === 4 ? 32 : 128))) return false;
    this.#list.addSubnet(address, bits, type);
    return true;
  }

  /** `address` as `ConnectionInfo` has it: absent for a peer on a unix socket, and then `isUnix` tells. */
  has(address: string | undefined, isUnix: boolean): boolean {
    if (address === undefined) return isUnix && this.#trustsUnix;
    const [withoutZone = ''] = address.split('%');
    return this.#list.check(withoutZone, isIP(withoutZone) === 6 ? 'ipv6' : 'ipv4');
  }
}
