// What a message decoder is told, and the check of it.

const MAX_MESSAGE_BYTES = 2 ** 31 - 1;

/** Options of `createMessageDecoder`. */
export interface MessageDecoderOptions {
  /**
   * The longest payload in bytes. A longer one is `ERR_FRAME_TOO_LARGE` as soon as its header has come, and fatal.
   * From 1 to 2147483647; no default, since the limit belongs to the framer. What no string of this Node can hold
   * (512 MiB less a little) is too large under any setting.
   */
  maxMessageBytes: number;
}

/** @throws RangeError Naming the option, its range and what it got. */
export function resolveMessageDecoderOptions(options: MessageDecoderOptions): Readonly<MessageDecoderOptions> {
  const { maxMessageBytes } = options;
  if (!Number.isInteger(maxMessageBytes) || maxMessageBytes < 1 || maxMessageBytes > MAX_MESSAGE_BYTES) {
    throw new RangeError(`maxMessageBytes must be an integer from 1 to ${MAX_MESSAGE_BYTES}, got ${maxMessageBytes}`);
  }
  return { maxMessageBytes };
}
