// How a socket of an in-memory pair is broken in one detail, on purpose.
import { socketPair, type ConformancePairOptions, type PairSocket, type SocketPairOptions } from '../../src/index.js';

export const MIB: number = 1024 * 1024;
export const NEVER = 600_000;

export type AnyFunction = (...values: any[]) => any;
export type Damage = (socket: PairSocket, peer: PairSocket) => void;

export interface BrokenSocket {
  /** The one rule that it breaks. */
  rule: string;
  /** What is wrong with it. */
  how: string;
  damage?: Damage;
  /** The rule waits in vain. Where this is not set, it must fail by what it asserts. */
  hangs?: true;
  pairOptions?: SocketPairOptions;
}

export function makeBrokenPair(broken: BrokenSocket, options: ConformancePairOptions = {}): [PairSocket, PairSocket] {
  const [first, second] = socketPair({ ...options, ...broken.pairOptions });
  broken.damage?.(first, second);
  broken.damage?.(second, first);
  return [first, second];
}

/** Puts `make(original)` in the place of a method. */
export function replace(socket: PairSocket, name: string | symbol, make: (original: AnyFunction) => AnyFunction): void {
  const methods = socket as unknown as Record<string | symbol, AnyFunction>;
  methods[name] = make((methods[name] as AnyFunction).bind(socket));
}

export function replaceGetter(socket: PairSocket, name: string, get: () => unknown): void {
  Object.defineProperty(socket, name, { get });
}

/** Changes one byte of the writes for which `isHit` holds. */
export function corrupt(isHit: (data: Uint8Array | string, socket: PairSocket) => boolean): Damage {
  return (socket) =>
    replace(socket, 'write', (write) => (data, ...rest) => {
      if (!isHit(data, socket)) return write(data, ...rest);
      const bytes = Buffer.from(data);
      bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
      return write(bytes, ...rest);
    });
}

/** Emits `'timeout'` by a timer of its own. */
export function tellLater(socket: PairSocket, milliseconds: number): void {
  setTimeout(() => socket.emit('timeout'), milliseconds).unref();
}
