// How many connections one address may have, and open: a `ConnectionThrottler` in `accept`, given back in `onDisconnect`.
// The limits are far above what a person, or an office behind one address, comes to. Refusals are logged, not more than
// a line a second: a flood of connections must not become a flood of lines.
import type { TCPServer } from '@verb-tcp/core';
import { ConnectionThrottler } from '@verb-tcp/pool';
import type { Log } from '../log.js';

export interface AddressLimitOptions {
  log?: Log | undefined;
  /** Connections that one address may have at a time; an IPv6 network of 64 bits counts as one. @defaultValue 100 */
  maxAtOnce?: number | undefined;
  /** Connections that one address may open in a minute. @defaultValue 600 */
  maxPerMinute?: number | undefined;
}

const MINUTE = 60_000;
const LINE_INTERVAL = 1000;

/** Makes `app`, called `name` in the log, refuse what one address opens past the limits. */
export function limitAddresses(app: TCPServer, name: string, options: AddressLimitOptions = {}): void {
  const { log = console, maxAtOnce = 100, maxPerMinute = 600 } = options;
  const throttle = new ConnectionThrottler(maxPerMinute, MINUTE, { maxConcurrentPerIP: maxAtOnce });
  let nextLineAt = -Infinity;
  let untold = 0;

  const sayRefused = (reason: string, address = 'unknown'): void => {
    const now = performance.now();
    if (now < nextLineAt) {
      untold++;
      return;
    }
    const others = untold === 0 ? '' : `; ${untold} more since the last such line`;
    log.error(`Refused ${address} (${name}): ${explain(reason, maxAtOnce, maxPerMinute)}${others}`);
    nextLineAt = now + LINE_INTERVAL;
    untold = 0;
  };

  app.withOptions({
    tcp: {
      accept: ({ remoteAddress }) => throttle.check(remoteAddress),
      onDisconnect: ({ remoteAddress }) => throttle.releaseConnection(remoteAddress),
      onRefuse: (reason, { remoteAddress }) => sayRefused(reason, remoteAddress),
    },
  });
}

function explain(reason: string, maxAtOnce: number, maxPerMinute: number): string {
  switch (reason) {
    case 'ERR_POOL_ADDRESS_FULL':
      return `it has ${maxAtOnce} connections already`;
    case 'ERR_POOL_RATE_LIMITED':
      return `it opened ${maxPerMinute} connections within a minute`;
    default:
      return reason;
  }
}
