// Names for connections, unique among those that have one. Addresses and ports in, ids out.

/** The ids that are `address:port` with the same text before any `#`. */
interface Family {
  /** How many have such an id now. */
  members: number;
  /** The number behind the last `#`; the first of a family has none. */
  last: number;
}

/** What a socket that listens for both calls an IPv4 address. */
const IPV4_IN_IPV6 = /^::ffff:(?=\d{1,3}(?:\.\d{1,3}){3}$)/i;

export class ConnectionIds {
  readonly #families = new Map<string, Family>();
  #unnamed = 0;

  /** `address:port`, IPv4 in IPv6 as plain IPv4, or that with `#2`, `#3`… while another one has it; `unix#1`, `unix#2`… without an address. */
  take(address: string | undefined, port: number | undefined): string {
    if (address === undefined) return `unix#${++this.#unnamed}`;
    const base = baseOf(address, port);
    const family = this.#families.get(base);
    if (family === undefined) {
      this.#families.set(base, { members: 1, last: 1 });
      return base;
    }
    family.members++;
    return `${base}#${++family.last}`;
  }

  /** The id that `take` gave for these is not used any more. A family with others counts on, so that no id comes twice. */
  giveBack(address: string | undefined, port: number | undefined): void {
    if (address === undefined) return;
    const base = baseOf(address, port);
    const family = this.#families.get(base);
    if (family !== undefined && --family.members === 0) this.#families.delete(base);
  }
}

/** One client has one name, whichever kind of listener it came in by. */
function baseOf(address: string, port: number | undefined): string {
  return `${address.replace(IPV4_IN_IPV6, '')}:${port}`;
}
