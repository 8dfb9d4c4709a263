// `file_chunk` as an object, from an application that frames messages itself, or written otherwise than usual. Pure.
import { decodedLength } from './chunk-message.js';
import { checkedTransferId } from './checked-message.js';
import { wireError } from './errors.js';
import type { WholeChunk } from './link.js';
import type { Message } from './messages.js';

/** @throws {FileTransferError} `bad_message`, `bad_transfer_id` */
export function objectChunk(message: Message): WholeChunk {
  const transferId = checkedTransferId(message);
  const { chunkIndex, data, crc32 } = message;
  if (typeof chunkIndex !== 'number') throw wireError('bad_message', 'chunkIndex must be a number', { transferId });
  if (typeof data !== 'string') throw wireError('bad_message', 'data must be a string', { transferId });
  if (crc32 !== undefined && typeof crc32 !== 'number') throw wireError('bad_message', 'crc32 must be a number', { transferId });
  const isIndex = Number.isSafeInteger(chunkIndex) && chunkIndex >= 0;
  const byteLength = isIndex ? decodedLength(data.length, data.slice(-2)) : -1;
  return {
    transferId,
    chunkIndex,
    byteLength,
    crc32,
    copyTo: (target) => target.write(data, 'base64') === byteLength,
  };
}
