// How a child of this suite is started. A file of its own, since both sides start some: the parent its children, and the
// child that is a cluster's primary its workers.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How to run one of our entries. Built, it lies beside this file; tests build theirs elsewhere. */
export function commandFor(name: 'worker' | 'cluster-worker' | 'mux-model'): string[] {
  const folder = process.env['SOAK_WORKERS'] ?? fileURLToPath(new URL('.', import.meta.url));
  return [process.execPath, '--expose-gc', join(folder, `${name}.js`)];
}
