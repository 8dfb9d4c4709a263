// What a process holds once it has thrown away what nobody needs.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes. */
export interface Memory {
  /** All that the system gave the process, what V8 keeps in reserve included. */
  resident: number;
  /** Objects, and the memory outside the heap that they hold. */
  objects: number;
}

let collect: (() => void) | undefined;

/** Looks after two collections: the second takes what finalizers of the first let go. */
export function memoryInUse(): Memory {
  collect ??= garbageCollector();
  collect();
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, objects: heapUsed + external };
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
