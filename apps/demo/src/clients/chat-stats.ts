// The server's `stats` in, lines of a table out. Pure. Every field is a peer's: it may be missing, or anything.
import { line, personText, type Line } from './chat-lines.js';

const MAX_ROWS = 100;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** `nameOf` gives what people call themselves; `ownId` is ours. */
export function statsLines(
  message: Readonly<Record<string, unknown>>,
  ownId: string | undefined,
  nameOf: (id: string) => string | undefined,
): Line[] {
  const entries = Array.isArray(message['connections']) ? (message['connections'] as unknown[]).slice(0, MAX_ROWS) : [];
  const rows = entries.map((entry) => rowOf(entry, ownId, nameOf));
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const total = numberOf(message['total']);
  const listed = total > rows.length ? `, ${rows.length} of them here` : '';
  return [
    line('news', `${total} connection${total === 1 ? '' : 's'}${listed}:`),
    ...rows.map((row) => line('news', `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())),
  ];
}

function rowOf(entry: unknown, ownId: string | undefined, nameOf: (id: string) => string | undefined): string[] {
  const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
  const id = typeof fields['id'] === 'string' ? fields['id'] : 'unknown';
  return [
    id === ownId ? personText(id, 'you') : personText(id, nameOf(id)),
    `here for ${durationText(numberOf(fields['uptime']))}`,
    `silent for ${durationText(numberOf(fields['lastActivity']))}`,
    `sent ${bytesText(numberOf(fields['bytesReceived']))}`,
    `got ${bytesText(numberOf(fields['bytesSent']))}`,
  ];
}

function durationText(milliseconds: number): string {
  if (milliseconds < MINUTE) return `${Math.round(milliseconds / SECOND)} s`;
  return milliseconds < HOUR ? `${Math.round(milliseconds / MINUTE)} min` : `${(milliseconds / HOUR).toFixed(1)} h`;
}

function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? value : 0;
}
