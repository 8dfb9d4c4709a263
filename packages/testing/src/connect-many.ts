// Many connections to one server, a bounded number of them being made at a time. It counts those that the server took:
// a connect alone proves nothing, for the kernel answers it from its backlog, even for a process that hangs.
import { Socket } from 'node:net';
import { destroyAndWait } from './client.js';
import {
  resolveConnectManyOptions,
  type ConnectManyOptions,
  type ConnectTarget,
  type ResolvedConnectManyOptions,
} from './fault-options.js';

/** See `connectMany`. */
export interface ManyConnections {
  /** Those that the server took, in the order in which it did; unread bytes wait in them. Some may have closed since. */
  readonly sockets: readonly Socket[];
  /** `sockets.length`. */
  readonly accepted: number;
  /** How many were not taken. */
  readonly refused: number;
  /**
   * Why, and how often: the system's code (`ECONNREFUSED`, `ECONNRESET`…), `'closed'` for a clean end before acceptance,
   * `'timeout'`, `'rejected'` where `isAccepted` said no.
   */
  readonly refusals: Readonly<Record<string, number>>;
  /** Destroys every socket and settles when all are closed. */
  close(): Promise<void>;
  /** `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const TAKEN = 'taken';

/**
 * Opens `count` connections and settles when the fate of each is known: taken or refused. A connection is taken when its
 * first byte has come; where the server speaks second, `request` is sent first, and where it never speaks `isAccepted`
 * decides. A refusal is counted, not thrown.
 *
 * @throws RangeError for an option out of range (the promise rejects).
 * @throws TypeError for a server that does not listen on TCP (the promise rejects).
 * @throws What `isAccepted` threw (the promise rejects, every socket is destroyed).
 *
 * @example
 * await using load = await connectMany(server, 1000);
 * assert.deepEqual([load.accepted, load.refusals], [1000, {}]);
 */
export async function connectMany(target: ConnectTarget, count: number, options: ConnectManyOptions = {}): Promise<ManyConnections> {
  const resolved = resolveConnectManyOptions(target, count, options);
  const sockets: Socket[] = [];
  const undecided = new Set<Socket>();
  const refusals: Record<string, number> = {};
  let begun = 0;
  const connectInTurn = async (): Promise<void> => {
    while (begun < count) {
      begun++;
      const socket = new Socket();
      undecided.add(socket);
      const fate = await connectOne(socket, resolved);
      undecided.delete(socket);
      if (fate === TAKEN) sockets.push(socket);
      else refusals[fate] = (refusals[fate] ?? 0) + 1;
    }
  };
  const close = async (): Promise<void> => {
    begun = count;
    await Promise.all([...sockets, ...undecided].map(destroyAndWait));
  };
  try {
    await Promise.all(Array.from({ length: Math.min(resolved.inFlight, count) }, connectInTurn));
  } catch (error) {
    await close();
    throw error;
  }
  return { sockets, accepted: sockets.length, refused: count - sockets.length, refusals, close, [Symbol.asyncDispose]: close };
}

async function connectOne(socket: Socket, options: ResolvedConnectManyOptions): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const refusal = new Promise<string>((resolve) => {
    timer = globalThis.setTimeout(() => resolve('timeout'), options.acceptTimeout);
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    socket.once('close', () => resolve('closed'));
  });
  // A reset that comes later is the test's business, not the end of the process.
  socket.on('error', () => {});
  const acceptance = acceptanceOf(socket, options);
  try {
    const fate = await Promise.race([acceptance, refusal]);
    if (fate !== TAKEN) await destroyAndWait(socket);
    return fate;
  } finally {
    globalThis.clearTimeout(timer);
  }
}

async function acceptanceOf(socket: Socket, options: ResolvedConnectManyOptions): Promise<string> {
  const { port, host } = options.target;
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve).connect(port, host);
  });
  if (options.request !== undefined) socket.write(options.request);
  if (options.isAccepted !== undefined) return (await options.isAccepted(socket)) ? TAKEN : 'rejected';
  return new Promise((resolve) => {
    const onReadable = (): void => {
      if (socket.readableLength > 0) {
        socket.off('readable', onReadable);
        resolve(TAKEN);
      } else {
        // The end: reading it lets the socket close.
        socket.read();
      }
    };
    socket.on('readable', onReadable);
  });
}
