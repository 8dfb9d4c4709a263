// Where a file that arrives stands, and what a chunk is to it. Used by the server for uploads and by the client for downloads.
// Pure: it counts, and knows neither bytes nor disk.

/** What a chunk is: the next one, one that came before, one too far ahead, or one of a wrong size. */
export type ChunkVerdict = 'next' | 'repeat' | 'ahead' | 'bad';

export class Reception {
  readonly fileSize: number;
  readonly chunkSize: number;
  readonly chunks: number;
  #nextChunk: number;

  constructor(fileSize: number, chunkSize: number, nextChunk = 0) {
    this.fileSize = fileSize;
    this.chunkSize = chunkSize;
    this.chunks = Math.ceil(fileSize / chunkSize);
    this.#nextChunk = nextChunk;
  }

  /** The chunk that has to come next; `chunks` where all are here. */
  get nextChunk(): number {
    return this.#nextChunk;
  }

  /** Bytes in all chunks before the next one. */
  get acceptedBytes(): number {
    return this.endOf(this.#nextChunk - 1);
  }

  get isWhole(): boolean {
    return this.#nextChunk === this.chunks;
  }

  /** Bytes up to the end of a chunk. */
  endOf(chunkIndex: number): number {
    return Math.min(this.fileSize, (chunkIndex + 1) * this.chunkSize);
  }

  lengthOf(chunkIndex: number): number {
    return this.endOf(chunkIndex) - chunkIndex * this.chunkSize;
  }

  judge(chunkIndex: number, byteLength: number): ChunkVerdict {
    if (chunkIndex >= this.chunks) return 'bad';
    if (chunkIndex > this.#nextChunk) return 'ahead';
    if (byteLength !== this.lengthOf(chunkIndex)) return 'bad';
    return chunkIndex === this.#nextChunk ? 'next' : 'repeat';
  }

  /** What is wrong with a chunk that is `'bad'`, or cannot be decoded. */
  faultOf(chunkIndex: number, byteLength: number): string {
    if (!Number.isSafeInteger(chunkIndex) || chunkIndex < 0 || chunkIndex >= this.chunks) return `there is no chunk ${chunkIndex}: the file has ${this.chunks}`;
    if (byteLength < 0) return `chunk ${chunkIndex} is no base64 with padding`;
    return `chunk ${chunkIndex} has ${byteLength} bytes, and should have ${this.lengthOf(chunkIndex)}`;
  }

  accept(): void {
    this.#nextChunk++;
  }

  /** Whole chunks in so many bytes. */
  chunksIn(bytes: number): number {
    return bytes >= this.fileSize ? this.chunks : Math.floor(bytes / this.chunkSize);
  }
}
