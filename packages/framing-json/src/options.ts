// Every option of the package: its type, its default and its check. A wrong value throws at construction.
import type { StandardSchema } from './schema.js';

const DEFAULT_MAX_MESSAGE_BYTES = 1024 * 1024;
const DEFAULT_MESSAGE_TIMEOUT = 10_000;
const MAX_MESSAGE_BYTES = 2 ** 31 - 1;
const MAX_TIMEOUT = 2 ** 31 - 1;

/** Options of `MessageHandler`. `In` and `Out` are inferred from the schemas. */
export interface MessageHandlerOptions<In = any, Out = any> {
  /**
   * The longest payload in bytes, in both directions; the header does not count. A longer one from the peer is
   * `ERR_FRAME_TOO_LARGE` at its header, before anything is kept, and ends the connection; a longer one of ours throws
   * the same code and is not sent. From 1 to 2147483647; what one connection can make the process hold follows it.
   * @defaultValue 1048576
   */
  maxMessageBytes?: number | undefined;
  /**
   * How many milliseconds a message that was begun may take to arrive, plus one second for each 16 KiB it declares. Past
   * that, `ERR_FRAME_TIMEOUT` ends the connection. No time passes while the socket is paused. From 1
   * to 2147483647; 0 and `Infinity` are off, and then only an idle timeout returns the memory of a peer that stalls.
   * @defaultValue 10000 (vscode-jsonrpc has the same, but only tells)
   */
  messageTimeout?: number | undefined;
  /**
   * What a bad payload inside a known boundary does (not UTF-8, not JSON, refused by `schema`). `'close'`: the connection
   * ends with the error. `'skip'`: the error is emitted where somebody listens, and the next message is read.
   * @defaultValue 'close'
   */
  onInvalid?: 'close' | 'skip' | undefined;
  /**
   * Checks what comes in: any Standard Schema v1 validator, synchronous or not. What it gives is the message; what it
   * refuses is `ERR_FRAME_SCHEMA` with its `issues`. While it works the socket is paused, and order is kept. Without one,
   * any JSON value is a message.
   * @defaultValue none
   */
  schema?: StandardSchema<unknown, In> | undefined;
  /**
   * Checks what goes out, in the same way. What it gives is sent; what it refuses is not, and is `ERR_FRAME_SCHEMA`
   * (thrown by `sendMessage`; emitted where the validator is asynchronous; a rejection of `send`).
   * @defaultValue none
   */
  sendSchema?: StandardSchema<Out, unknown> | undefined;
}

/** The options with every default filled in. */
export interface ResolvedMessageHandlerOptions<In, Out> {
  readonly maxMessageBytes: number;
  /** Milliseconds; `Infinity` is off. */
  readonly messageTimeout: number;
  readonly onInvalid: 'close' | 'skip';
  readonly schema: StandardSchema<unknown, In> | undefined;
  readonly sendSchema: StandardSchema<Out, unknown> | undefined;
}

/** @throws RangeError Naming the option, its range and what it got. */
export function resolveMessageHandlerOptions<In, Out>(
  options: MessageHandlerOptions<In, Out>,
): ResolvedMessageHandlerOptions<In, Out> {
  const {
    maxMessageBytes = DEFAULT_MAX_MESSAGE_BYTES,
    messageTimeout = DEFAULT_MESSAGE_TIMEOUT,
    onInvalid = 'close',
    schema,
    sendSchema,
  } = options;
  if (!Number.isInteger(maxMessageBytes) || maxMessageBytes < 1 || maxMessageBytes > MAX_MESSAGE_BYTES) {
    throw new RangeError(`maxMessageBytes must be an integer from 1 to ${MAX_MESSAGE_BYTES}, got ${maxMessageBytes}`);
  }
  const isTimeoutOff = messageTimeout === 0 || messageTimeout === Infinity;
  if (!isTimeoutOff && !(messageTimeout >= 1 && messageTimeout <= MAX_TIMEOUT)) {
    throw new RangeError(`messageTimeout must be a number from 1 to ${MAX_TIMEOUT}, 0 or Infinity, got ${messageTimeout}`);
  }
  if (onInvalid !== 'close' && onInvalid !== 'skip') {
    throw new RangeError(`onInvalid must be 'close' or 'skip', got ${String(onInvalid)}`);
  }
  checkSchema('schema', schema);
  checkSchema('sendSchema', sendSchema);
  return { maxMessageBytes, messageTimeout: isTimeoutOff ? Infinity : messageTimeout, onInvalid, schema, sendSchema };
}

function checkSchema(name: string, schema: Partial<StandardSchema<any, unknown>> | null | undefined): void {
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function') {
    throw new RangeError(`${name} must be a Standard Schema v1 validator, got ${schema === null ? 'null' : typeof schema}`);
  }
}
