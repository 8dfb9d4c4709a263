// Every option of the package: its type, its default and its check. A wrong value throws at construction.
import { encodeMessage, type MessageEncoder } from '@verb-tcp/socket/message';
import type { SlowConsumerPolicy } from './events.js';

const DEFAULT_MAX_BUFFERED_BYTES = 1024 * 1024;
const DEFAULT_STALL_TIMEOUT = 10_000;
const DEFAULT_MAX_CLIENTS = 100_000;
const DEFAULT_MAX_ROOMS = 100_000;
const DEFAULT_MAX_ROOMS_PER_CLIENT = 128;
const DEFAULT_MAX_ROOM_NAME_BYTES = 255;
const MAX_INT32 = 2 ** 31 - 1;

/** Options of `TCPRoomManager`. */
export interface TCPRoomManagerOptions {
  /**
   * Turns a message into bytes, or a string that goes as UTF-8; called once for each message, however many members get it.
   * The bytes are shared by all of them and must stay unchanged until they have left. `JSON.stringify` gives bare JSON;
   * the default, of `@verb-tcp/socket/message`, gives what framing-json reads.
   * @defaultValue encodeMessage
   */
  encode?: MessageEncoder | undefined;
  /**
   * How many bytes may wait in a member's socket before it can be found slow. Over that, on a later turn of the event loop
   * than the one that began it, and standing still for half a second or grown by as much again, it is `slowConsumer` that
   * decides. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue 1048576 (Centrifugo's queue)
   */
  maxBufferedBytes?: number | undefined;
  /**
   * What becomes of a slow member. `'disconnect'`: its socket is destroyed with `ERR_ROOMS_SLOW` or `ERR_ROOMS_STALLED`.
   * `'drop'`: it misses whole messages until it has taken enough. A function is asked for each message that a slow member
   * would miss, and once when it stalls, and answers with one of the two.
   * @defaultValue 'disconnect'
   */
  slowConsumer?: SlowConsumerPolicy | undefined;
  /**
   * How many milliseconds bytes may wait in a member's socket without one of them leaving. Past that, noticed at most a
   * quarter late, the member is slow whatever its queue holds. From 1 to 2147483647; 0 and `Infinity` are off.
   * @defaultValue 10000 (the write deadline of NATS)
   */
  stallTimeout?: number | undefined;
  /**
   * How many clients there may be at a time. At the limit `addClient` gives `false`, with an `'error'` of
   * `ERR_ROOMS_TOO_MANY_CLIENTS`. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue 100000
   */
  maxClients?: number | undefined;
  /**
   * How many rooms there may be at a time; an empty room is none. At the limit `joinRoom` makes no new room and gives
   * `false`, with an `'error'` of `ERR_ROOMS_TOO_MANY_ROOMS`. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue 100000
   */
  maxRooms?: number | undefined;
  /**
   * How many rooms one client may be in. At the limit `joinRoom` gives `false`, with an `'error'` of
   * `ERR_ROOMS_TOO_MANY_PER_CLIENT`. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue 128 (Centrifugo)
   */
  maxRoomsPerClient?: number | undefined;
  /**
   * The longest room name in bytes of UTF-8. For a longer one `joinRoom` gives `false`, with an `'error'` of
   * `ERR_ROOMS_NAME_INVALID`. From 1 to 2147483647; `Infinity` is off.
   * @defaultValue 255 (Centrifugo)
   */
  maxRoomNameBytes?: number | undefined;
  /**
   * Whether the others in a room get `user_joined` and `user_left`. Without, nothing is sent but what you send; in a room
   * of n members a notice is n writes.
   * @defaultValue true
   */
  notify?: boolean | undefined;
  /**
   * Whether a client is removed at its socket's `'close'`. One `'close'` and one `'error'` listener are attached then, and
   * taken off by `removeClient` and `close`; with `false` none is, and both events are yours.
   * @defaultValue true
   */
  autoRemove?: boolean | undefined;
}

/** The options with every default filled in. */
export interface ResolvedRoomOptions {
  readonly encode: MessageEncoder;
  readonly maxBufferedBytes: number;
  readonly slowConsumer: SlowConsumerPolicy;
  /** Milliseconds; `Infinity` is off. */
  readonly stallTimeout: number;
  readonly maxClients: number;
  readonly maxRooms: number;
  readonly maxRoomsPerClient: number;
  readonly maxRoomNameBytes: number;
  readonly notify: boolean;
  readonly autoRemove: boolean;
}

/**
 * @throws RangeError Naming the option, its range and what it got.
 * @throws TypeError Where `encode` or `slowConsumer` is no function, `notify` or `autoRemove` no boolean.
 */
export function resolveTCPRoomManagerOptions(options: TCPRoomManagerOptions): ResolvedRoomOptions {
  const { encode = encodeMessage, slowConsumer = 'disconnect', notify = true, autoRemove = true } = options;
  const { stallTimeout = DEFAULT_STALL_TIMEOUT } = options;
  if (typeof encode !== 'function') throw new TypeError(`encode must be a function, got ${typeof encode}`);
  if (slowConsumer !== 'disconnect' && slowConsumer !== 'drop' && typeof slowConsumer !== 'function') {
    throw new TypeError(`slowConsumer must be 'disconnect', 'drop' or a function, got ${String(slowConsumer)}`);
  }
  const isStallOff = stallTimeout === 0 || stallTimeout === Infinity;
  if (!isStallOff && !(stallTimeout >= 1 && stallTimeout <= MAX_INT32)) {
    throw new RangeError(`stallTimeout must be a number from 1 to ${MAX_INT32}, 0 or Infinity, got ${stallTimeout}`);
  }
  checkBoolean('notify', notify);
  checkBoolean('autoRemove', autoRemove);
  return {
    encode,
    maxBufferedBytes: limit('maxBufferedBytes', options.maxBufferedBytes, DEFAULT_MAX_BUFFERED_BYTES),
    slowConsumer,
    stallTimeout: isStallOff ? Infinity : stallTimeout,
    maxClients: limit('maxClients', options.maxClients, DEFAULT_MAX_CLIENTS),
    maxRooms: limit('maxRooms', options.maxRooms, DEFAULT_MAX_ROOMS),
    maxRoomsPerClient: limit('maxRoomsPerClient', options.maxRoomsPerClient, DEFAULT_MAX_ROOMS_PER_CLIENT),
    maxRoomNameBytes: limit('maxRoomNameBytes', options.maxRoomNameBytes, DEFAULT_MAX_ROOM_NAME_BYTES),
    notify,
    autoRemove,
  };
}

function limit(name: string, value: number | undefined, defaultValue: number): number {
  if (value === undefined) return defaultValue;
  if (value !== Infinity && !(Number.isInteger(value) && value >= 1 && value <= MAX_INT32)) {
    throw new RangeError(`${name} must be an integer from 1 to ${MAX_INT32} or Infinity, got ${value}`);
  }
  return value;
}

function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean, got ${typeof value}`);
}
