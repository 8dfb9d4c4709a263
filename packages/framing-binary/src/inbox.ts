// What of the format the inbox of every framing needs. Messages wait as they came, payloads as views. Pure: no socket, no
// timer, no event.
import { WaitingInbox, type Inbox, type WaitingInboxDecoder } from '@verb-tcp/socket/framing';
import { FrameDecoder } from './decoder.js';
import { encodeFrame, isControl, type BinaryMessage } from './frame.js';
import type { ResolvedDecoderOptions } from './options.js';

export function createInbox(options: ResolvedDecoderOptions): Inbox<BinaryMessage> {
  return new WaitingInbox(new InboxDecoder(options), options.maxPayloadBytes);
}

class InboxDecoder extends FrameDecoder implements WaitingInboxDecoder<BinaryMessage, BinaryMessage> {
  open(message: BinaryMessage): BinaryMessage {
    return message;
  }

  encode({ type, payload, flags }: BinaryMessage): Uint8Array {
    return encodeFrame(type, payload, flags);
  }

  isControl(message: BinaryMessage): boolean {
    return isControl(message);
  }
}
