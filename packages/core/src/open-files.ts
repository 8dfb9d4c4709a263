// How many connections the limit of open files has room for. Above that limit Node accepts and drops connections with
// no event at all, so a server has to stay below it by itself.
import { readFileSync } from 'node:fs';

/** The soft limit of open files of this process; `Infinity` where there is none or it cannot be told. */
export function openFilesLimit(): number {
  try {
    // Quick and exact, but Linux alone.
    const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'));
    if (line?.[1] !== undefined) return toLimit(line[1]);
  } catch {
    // Another system: ask Node, which takes milliseconds.
  }
  const report = process.report?.getReport() as unknown as { userLimits?: { open_files?: { soft?: unknown } } } | undefined;
  return toLimit(report?.userLimits?.open_files?.soft);
}

function toLimit(value: unknown): number {
  const limit = Number(value);
  return Number.isInteger(limit) && limit > 0 ? limit : Infinity;
}

/** The connections that fit below `limit`, keeping an eighth (at least 32) for files and outgoing connections. */
export function connectionsWithin(limit: number): number {
  if (limit === Infinity) return Infinity;
  return Math.max(1, Math.floor(limit - Math.max(32, limit / 8)));
}
