// Cuts the documented wire into its frames again, for who sits between two ends. Written apart from the codec.

export interface Frame {
  readonly id: number;
  readonly payload: Buffer;
  /** Header and payload, as they came. */
  readonly bytes: Buffer;
  /** Of stream 0: the message. */
  readonly message: Message | undefined;
}

export interface Message {
  readonly type: string;
  readonly streamId: number;
  readonly w: readonly (readonly [id: number, offset: number])[];
  readonly initialWindow: number;
  readonly lastStreamId: number;
  readonly code: number;
}

const HEADER_BYTES = 8;

export class FrameReader {
  #held: Buffer = Buffer.alloc(0);

  /** The frames that end in `piece`. */
  read(piece: Buffer): Frame[] {
    let bytes = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const frames: Frame[] = [];
    while (bytes.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + bytes.readUInt32BE(4);
      if (bytes.length < end) break;
      frames.push(frameOf(bytes.subarray(0, end)));
      bytes = bytes.subarray(end);
    }
    this.#held = bytes;
    return frames;
  }
}

function frameOf(bytes: Buffer): Frame {
  const id = bytes.readUInt32BE(0);
  const payload = bytes.subarray(HEADER_BYTES);
  return { id, payload, bytes, message: id === 0 ? (JSON.parse(payload.toString()) as Message) : undefined };
}
