// Holds many connections on which nothing happens, and tells what they take. The first of them gets a byte once the
// server has seen the warm-up off and looked at its memory: the others must not come before.
import { setTimeout as wait } from 'node:timers/promises';
import { acceptors, type AcceptorName } from '../acceptors.js';
import { memoryInUse, type Memory } from '../garbage.js';

export interface Idle {
  /** For each connection. */
  residentBytes: number;
  objectBytes: number;
  /** Of CPU time, for all connections together. */
  cpuMillisPerSecond: number;
}

export async function idleServer(
  settings: { acceptor: AcceptorName; warmup: number; connections: number; watchMs: number },
  ready: (value: { warmupPort: number; port: number }) => void,
): Promise<Idle> {
  const { warmup, connections, watchMs } = settings;
  const acceptor = acceptors[settings.acceptor];
  const before = withResolvers<Memory>();
  const full = withResolvers<void>();
  let warm = 0;
  const first = await acceptor.listen((socket) => {
    socket.resume();
    if (++warm === warmup) void first.close().then(() => before.resolve(memoryInUse()));
  });
  let here = 0;
  const measured = await acceptor.listen((socket) => {
    socket.resume();
    if (++here === 1) void before.promise.then(() => socket.write('!'));
    if (here === connections) full.resolve();
  });
  ready({ warmupPort: first.port, port: measured.port });
  const atStart = await before.promise;
  await full.promise;
  const now = memoryInUse();
  const cpuAtStart = process.cpuUsage();
  const watchedFrom = performance.now();
  await wait(watchMs);
  const { user, system } = process.cpuUsage(cpuAtStart);
  const seconds = (performance.now() - watchedFrom) / 1000;
  return {
    residentBytes: (now.resident - atStart.resident) / connections,
    objectBytes: (now.objects - atStart.objects) / connections,
    cpuMillisPerSecond: (user + system) / 1000 / seconds,
  };
}

function withResolvers<T>(): { promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve: (value) => resolve(value) };
}
