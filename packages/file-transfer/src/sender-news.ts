// What a peer says about a file that is sent to it, handed to the sender that it is about. Late news of a transfer that has ended
// is no fault. It knows no connection.
import { checkedChunkAck, checkedTransferId } from './checked-message.js';
import { wireError } from './errors.js';
import type { Message, SendingTransfer } from './link.js';

/** @throws {FileTransferError} `bad_message`, for what no peer says. */
export function tellSender(senders: ReadonlyMap<string, SendingTransfer>, message: Message & { readonly type: string }): void {
  if (!/^file_(?:start_ack|chunk_ack|progress|complete|cancelled)$/.test(message.type)) {
    throw wireError('bad_message', `unknown type: ${JSON.stringify(message.type.slice(0, 64))}`);
  }
  const sender = senders.get(checkedTransferId(message));
  if (sender === undefined) return;
  if (message.type === 'file_start_ack') sender.onStartAck(message);
  else if (message.type === 'file_chunk_ack') sender.onAck(checkedChunkAck(message).chunkIndex + 1);
  else if (message.type === 'file_progress') sender.onProgress();
  else if (message.type === 'file_complete') sender.onComplete(message);
  else sender.onCancelled();
}
