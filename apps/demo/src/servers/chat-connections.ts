// What the chat server tells of its connections: a pool's ids and numbers in, those of the wire out. Pure.
import type { ConnectionStats } from '@verb-tcp/pool';

interface PoolStats {
  readonly total: number;
  readonly connections: readonly ConnectionStats[];
}

/** Listed in one answer; the message stays far below what its reader accepts. */
const MAX_LISTED = 100;
const MAPPED_IPV4 = /^::ffff:(?=\d+\.\d+\.\d+\.\d+:)/i;

/** A client's id: an IPv4 address is one, also where the server listens on IPv6. */
export function clientIdOf(poolId: string): string {
  return poolId.replace(MAPPED_IPV4, '');
}

/** All are counted, and the first hundred listed, behind the one who asks. Ages are whole milliseconds. */
export function listConnections({ total, connections }: PoolStats, askedBy: string): PoolStats {
  const listed: ConnectionStats[] = [];
  for (const connection of connections) {
    const id = clientIdOf(connection.id);
    const isAsking = id === askedBy;
    if (listed.length >= MAX_LISTED && !isAsking) continue;
    const { uptime, lastActivity, bytesReceived, bytesSent } = connection;
    const told = { id, uptime: Math.round(uptime), lastActivity: Math.round(lastActivity), bytesReceived, bytesSent };
    if (isAsking) listed.unshift(told);
    else listed.push(told);
  }
  return { total, connections: listed.slice(0, MAX_LISTED) };
}
