// What a process holds once it has thrown away what nobody needs.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: (() => void) | undefined;

/** Bytes that the system gave the process, after two collections: the second takes what finalizers of the first let go. */
export function residentBytes(): number {
  collect ??= garbageCollector();
  collect();
  collect();
  return process.memoryUsage().rss;
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

interface Snapshot {
  snapshot: { meta: { node_fields: string[] } };
  nodes: number[];
}

/**
 * Bytes of all objects in use, one by one out of heap snapshots. Those of Node outside the heap are included, which are a
 * third of a socket and no part of V8's own sum, `heapUsed`.
 */
export class ObjectCount implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'bench-'));
  readonly #files: string[] = [];

  /** Takes what is in use now. Blocks for a while. */
  take(): void {
    this.#files.push(writeHeapSnapshot(join(this.#folder, `${this.#files.length}.heapsnapshot`)));
  }

  /** One sum for each `take`. Asked at the end: what adding up leaves behind would be in the next. */
  bytes(): number[] {
    return this.#files.map((path) => bytesIn(path));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

function bytesIn(path: string): number {
  const { snapshot, nodes } = JSON.parse(readFileSync(path, 'utf8')) as Snapshot;
  const fields = snapshot.meta.node_fields;
  let bytes = 0;
  for (let at = fields.indexOf('self_size'); at < nodes.length; at += fields.length) bytes += nodes[at] as number;
  return bytes;
}
