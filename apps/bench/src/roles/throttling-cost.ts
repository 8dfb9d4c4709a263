// CPU time that a throttle takes for each address that it is asked about, block after block in turn with the least that any such
// throttle must do: `net.isIP`, and a Map's get and set, over the same addresses. The Map is emptied where the throttle's
// table ends, so that both work in memory of the same size.
import { isIP } from 'node:net';
import { ConnectionThrottler } from '@verb-tcp/pool';
import { addressesOf, type AddressMix } from '../addresses.js';

const TABLE = 65_536;

/** Nanoseconds of CPU for each address, of each block. */
export interface ThrottlingCost {
  throttleNanos: number[];
  floorNanos: number[];
  /** The most entries that the throttle's table ever had. */
  entries: number;
}

export async function throttlingCost(
  settings: { mix: AddressMix; addresses: number; blocks: number },
  ready: (value: undefined) => void,
): Promise<ThrottlingCost> {
  const { mix, addresses, blocks } = settings;
  ready(undefined);
  const throttle = new ConnectionThrottler();
  const floor = new Map<string, number>();
  const cost: ThrottlingCost = { throttleNanos: [], floorNanos: [], entries: 0 };
  // The first block of each is the warm-up.
  for (let block = 0; block <= blocks; block++) {
    // Fresh strings for each, as a socket gives them: nobody has hashed them yet.
    const ofThrottle = nanos(addressesOf(mix, addresses, block), (address) => throttle.canAcceptConnection(address));
    const ofFloor = nanos(addressesOf(mix, addresses, block), (address) => {
      const isAddress = isIP(address) !== 0;
      const count = floor.get(address) ?? 0;
      if (floor.size >= TABLE) floor.clear();
      floor.set(address, count + 1);
      return isAddress && count < 10;
    });
    if (throttle.size > TABLE) throw new Error(`the table has ${throttle.size} entries`);
    cost.entries = Math.max(cost.entries, throttle.size);
    if (block === 0) continue;
    cost.throttleNanos.push(ofThrottle);
    cost.floorNanos.push(ofFloor);
  }
  return cost;
}

function nanos(addresses: readonly string[], ask: (address: string) => boolean): number {
  let [accepted, refused] = [0, 0];
  const before = process.cpuUsage();
  for (const address of addresses) {
    if (ask(address)) accepted++;
    else refused++;
  }
  const { user, system } = process.cpuUsage(before);
  if (accepted + refused !== addresses.length) throw new Error(`${addresses.length} were asked about`);
  return ((user + system) * 1000) / addresses.length;
}
