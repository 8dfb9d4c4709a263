// What requests beside a bulk stream look like: the first byte of a stream tells what it is, and every answer tells how
// much the bulk stream has brought so far, as the one who receives it counts.

export const REQUEST_BYTES = 100;
/** No number of `pump`, which the bulk stream begins with. */
const REQUEST_MARK = 0xff;

export const request: Buffer = Buffer.alloc(REQUEST_BYTES, REQUEST_MARK);

export function isRequest(firstByte: number | undefined): boolean {
  return firstByte === REQUEST_MARK;
}

export function answerOf(bulkBytes: number): Buffer {
  const answer = Buffer.alloc(REQUEST_BYTES);
  answer.writeDoubleBE(bulkBytes);
  return answer;
}

/** @throws Error Where it is no answer. */
export function bulkBytesIn(answer: Buffer): number {
  if (answer.length !== REQUEST_BYTES) throw new Error(`an answer has ${answer.length} bytes`);
  return answer.readDoubleBE();
}
