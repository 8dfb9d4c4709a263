// What a transfer needs of the connection that it runs over, and what the connection needs of a transfer. Types only.
import type { TCPSocket } from '@verb-tcp/socket';
import type { FileTransferError } from './errors.js';

/** One message, before it is bytes or after. */
export type Message = Readonly<Record<string, unknown>>;

/** The connection, as a transfer sees it. */
export interface TransferLink {
  readonly socket: TCPSocket;
  /** Control messages go as binary frames from here on. */
  readonly isBinary: boolean;
  /** Nothing more should be written before the next call of `onWritable`. */
  readonly isFull: boolean;
  /** Both ends have agreed on binary frames. */
  switchToBinary(): void;
  send(message: Message): void;
  /** Bytes that are a message already; `callback` when they may change. */
  write(bytes: Uint8Array, callback?: () => void): void;
}

/** What is known of a chunk before its bytes. */
export interface ChunkHead {
  /** In binary frames, which have no id. */
  readonly handle?: number | undefined;
  readonly chunkIndex: number;
  /** Of the decoded bytes, or -1 where they cannot be decoded. */
  readonly byteLength: number;
  readonly crc32: number | undefined;
}

/** A chunk that has come, wherever its bytes lie; they stay there until the transfer has answered. */
export interface WholeChunk extends ChunkHead {
  readonly transferId: string;
  /** `false`: there were less bytes than it said. */
  copyTo(target: Buffer): boolean;
}

/** A transfer that receives. */
export interface ReceivingTransfer {
  readonly transferId: string;
  readonly handle: number;
  /**
   * Where the bytes of the chunk go that comes; `undefined` where they are not wanted. A promise where more must wait. Bytes may
   * be put there until `onChunk`, though the transfer ends meanwhile.
   */
  room(chunk: ChunkHead): Buffer | undefined | Promise<Buffer | undefined>;
  /** They have come. `isWhole`: as many as it said. */
  onChunk(chunk: ChunkHead, isWhole: boolean): void;
  onEnd(sha256: string | undefined): void;
  onCancel(): void;
  /** It is over, here; what has come is kept where it can be. */
  fail(error: FileTransferError, isTold: boolean): void;
  /** Looks whether the peer still moves. */
  onSweep(now: number): void;
}

/** A transfer that sends. */
export interface SendingTransfer {
  readonly transferId: string;
  /** `undefined` until the peer has given one. */
  readonly handle: number | undefined;
  onStartAck(message: Message): void;
  onAck(nextChunk: number): void;
  onError(error: FileTransferError): void;
  onComplete(message: Message): void;
  onCancel(): void;
  onCancelled(): void;
  /** The connection takes bytes again. */
  onWritable(): void;
  /** The peer is busy with it. */
  onProgress(): void;
  fail(error: FileTransferError, isTold: boolean): void;
  onSweep(now: number): void;
}
