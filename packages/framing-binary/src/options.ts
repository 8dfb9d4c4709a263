// Every option of the package: its type, its default and its check. A wrong value throws at construction.

const DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024;
const DEFAULT_COPY_BELOW_BYTES = 4096;
const DEFAULT_KNOWN_FLAGS = 0xffff;
const DEFAULT_MESSAGE_TIMEOUT = 10_000;
const MAX_PAYLOAD_BYTES = 2 ** 32 - 1;
const MAX_UINT16 = 0xffff;
const MAX_TIMEOUT = 2 ** 31 - 1;
const INTERVALS_TO_TIMEOUT = 3;

/** Options of `createDecoder`, and with the others of `BinaryProtocolHandler`. */
export interface DecoderOptions {
  /**
   * The longest payload in bytes, in both directions; the header does not count. A longer one from the peer is
   * `ERR_FRAME_TOO_LARGE` at its header, before anything is kept, and ends the connection; a longer one of ours throws
   * the same code and is not sent. From 1 to 4294967295; what one connection can make the process hold follows it.
   * @defaultValue 1048576
   */
  maxPayloadBytes?: number | undefined;
  /**
   * Payloads shorter than this many bytes are copied: received, so that ten bytes that you keep do not keep a whole read of
   * 64 KiB alive; sent, so that you may use yours again at once. Longer ones are views, and go by reference. From 0 (no
   * payload is copied that lies in one chunk) to 4294967295.
   * @defaultValue 4096
   */
  copyBelowBytes?: number | undefined;
  /**
   * The types there are, besides heartbeat (0x01) and its answer (0x02), which always are. Another one is
   * `ERR_FRAME_UNKNOWN_TYPE`: from the peer it ends the connection, from us it throws and is not sent. Without the option,
   * every type from 0 to 65535 is known.
   * @defaultValue none
   */
  knownTypes?: readonly number[] | undefined;
  /**
   * The flags there are, as a mask of 16 bits. A bit outside of it is `ERR_FRAME_RESERVED_FLAGS`: from the peer it ends the
   * connection, from us it throws and is not sent. So a bit can be given a meaning later. From 0 to 65535.
   * @defaultValue 65535
   */
  knownFlags?: number | undefined;
}

/** Options of `BinaryProtocolHandler`. */
export interface BinaryProtocolOptions extends DecoderOptions {
  /**
   * How many milliseconds a message that was begun may take to arrive, plus one second for each 16 KiB it declares. Past
   * that, `ERR_FRAME_TIMEOUT` ends the connection. No time passes while the socket is paused. From 1 to 2147483647; 0 and
   * `Infinity` are off, and then only an idle timeout returns the memory of a peer that stalls.
   * @defaultValue 10000
   */
  messageTimeout?: number | undefined;
  /**
   * Sends a heartbeat every so many milliseconds, while both directions are open; one is left out where bytes wait in the
   * socket anyhow. From 1 to 2147483647; 0 and `Infinity` are off. Tens of seconds keep most middleboxes awake.
   * @defaultValue Infinity
   */
  heartbeatInterval?: number | undefined;
  /**
   * How many milliseconds may pass without any byte from the peer. Then the peer is dead: `ERR_FRAME_HEARTBEAT_TIMEOUT` ends
   * the connection. No time passes while the socket is paused, or once either side has ended. From 1 to 2147483647, and
   * over `heartbeatInterval`; 0 and `Infinity` are off. Without it three intervals, and off where those are off.
   * @defaultValue three heartbeat intervals
   */
  heartbeatTimeout?: number | undefined;
}

/** The decoder's options with every default filled in. */
export interface ResolvedDecoderOptions {
  readonly maxPayloadBytes: number;
  readonly copyBelowBytes: number;
  /** `undefined`: all. */
  readonly knownTypes: ReadonlySet<number> | undefined;
  readonly knownFlags: number;
}

/** The options with every default filled in. `Infinity` is off. */
export interface ResolvedBinaryProtocolOptions extends ResolvedDecoderOptions {
  readonly messageTimeout: number;
  readonly heartbeatInterval: number;
  readonly heartbeatTimeout: number;
}

/** @throws RangeError Naming the option, its range and what it got. */
export function resolveDecoderOptions(options: DecoderOptions): ResolvedDecoderOptions {
  const {
    maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES,
    copyBelowBytes = DEFAULT_COPY_BELOW_BYTES,
    knownTypes,
    knownFlags = DEFAULT_KNOWN_FLAGS,
  } = options;
  checkInteger('maxPayloadBytes', maxPayloadBytes, 1, MAX_PAYLOAD_BYTES);
  checkInteger('copyBelowBytes', copyBelowBytes, 0, MAX_PAYLOAD_BYTES);
  checkInteger('knownFlags', knownFlags, 0, MAX_UINT16);
  if (knownTypes !== undefined && !Array.isArray(knownTypes)) {
    throw new RangeError(`knownTypes must be an array of integers from 0 to ${MAX_UINT16}, got ${String(knownTypes)}`);
  }
  for (const type of knownTypes ?? []) checkInteger('knownTypes', type, 0, MAX_UINT16);
  return { maxPayloadBytes, copyBelowBytes, knownTypes: knownTypes && new Set(knownTypes), knownFlags };
}

/** @throws RangeError Naming the option, its range and what it got. */
export function resolveBinaryProtocolOptions(options: BinaryProtocolOptions): ResolvedBinaryProtocolOptions {
  const messageTimeout = timeoutOf('messageTimeout', options.messageTimeout ?? DEFAULT_MESSAGE_TIMEOUT);
  const heartbeatInterval = timeoutOf('heartbeatInterval', options.heartbeatInterval ?? Infinity);
  const heartbeatTimeout = options.heartbeatTimeout === undefined
    ? heartbeatInterval * INTERVALS_TO_TIMEOUT
    : timeoutOf('heartbeatTimeout', options.heartbeatTimeout);
  if (heartbeatInterval !== Infinity && heartbeatTimeout <= heartbeatInterval) {
    throw new RangeError(`heartbeatTimeout must be over heartbeatInterval (${heartbeatInterval}), got ${heartbeatTimeout}`);
  }
  return { ...resolveDecoderOptions(options), messageTimeout, heartbeatInterval, heartbeatTimeout };
}

function checkInteger(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new RangeError(`${name} must be an integer from ${min} to ${max}, got ${String(value)}`);
}

function timeoutOf(name: string, value: number): number {
  if (value === 0 || value === Infinity) return Infinity;
  if (typeof value === 'number' && value >= 1 && value <= MAX_TIMEOUT) return value;
  throw new RangeError(`${name} must be a number from 1 to ${MAX_TIMEOUT}, 0 or Infinity, got ${String(value)}`);
}
