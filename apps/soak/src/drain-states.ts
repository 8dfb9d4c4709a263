// The states in which a drain may find connections (the seven of the promise, and two in which the system cannot hold what
// peers have not read), and what is sent in each: bytes that tell by themselves whether
// any is missing or wrong.

export const drainStates = [
  'idle',
  'mid-message',
  '1 MiB queued',
  '16 MiB queued',
  'peer not reading',
  'peer far behind',
  'peer half-open',
  'in handshake',
  'connecting',
] as const;

export type DrainState = (typeof drainStates)[number];

/** Over TLS they are in the TLS handshake; without, in the middle of a PROXY header. */
export const PROXY_HEADER = 'PROXY TCP4 192.0.2.1 192.0.2.2 1000 2000\r\n';
export const CLIENT_HELLO: Buffer = Buffer.from('16030100c8010000c40303', 'hex');

const MIB = 1024 * 1024;
const PERIOD = 251;
const BYTES: Partial<Record<DrainState, number>> = {
  '1 MiB queued': MIB,
  // Linux takes some 4 MiB for a peer that does not read; the rest is in our queue.
  '16 MiB queued': 16 * MIB,
  'peer not reading': MIB,
  'peer far behind': 16 * MIB,
};
const GREETING_BYTES = 1024;

const ring: Buffer = Buffer.alloc(16 * MIB, Buffer.from(Array.from({ length: PERIOD }, (_, index) => index)));

/** What the server writes to each connection before the drain. */
export function payloadOf(state: DrainState): Buffer {
  return ring.subarray(0, BYTES[state] ?? GREETING_BYTES);
}

/** Whether peers in this state read nothing before the drain. */
export function leavesUnread(state: DrainState): boolean {
  return state in BYTES;
}

/** Whether peers in this state stay until they are destroyed. */
export function staysTillForced(state: DrainState): boolean {
  return state === 'peer not reading' || state === 'peer far behind' || state === 'peer half-open';
}

/** Checks bytes as they come: every one of them must be the next one of the payload. */
export class Received {
  readonly #payload: Buffer;
  bytes = 0;
  isRight = true;

  constructor(payload: Buffer) {
    this.#payload = payload;
  }

  push(chunk: Buffer): void {
    this.isRight &&= chunk.equals(this.#payload.subarray(this.bytes, this.bytes + chunk.length));
    this.bytes += chunk.length;
  }

  get isWhole(): boolean {
    return this.isRight && this.bytes === this.#payload.length;
  }
}
