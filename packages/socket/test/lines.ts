// A toy format for the shell of a framing: a line is a message, `!` begins a bad header, `?` a bad message inside its
// boundary. And a socket of memory: what it reads is what a test says, what it writes leaves when a test says.
import { EventEmitter } from 'node:events';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TCPSocket } from '@verb-tcp/socket';
import { FramedConnection, WaitingInbox, type Opened, type WaitingInboxDecoder } from '@verb-tcp/socket/framing';

const LF = 0x0a;

export class CodedError extends Error {
  constructor(readonly code: string, message: string, options?: ErrorOptions) {
    super(message, options);
  }
}

export class LineDecoder implements WaitingInboxDecoder<string, string> {
  #bytes: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
  }

  next(): string | undefined {
    const line = this.peek();
    if (line === undefined && this.isBlocked) {
      this.rest();
      throw new CodedError('BAD_HEADER', 'a line begins with !');
    }
    return line === undefined ? undefined : this.open(line);
  }

  peek(): string | undefined {
    const end = this.isBlocked ? -1 : this.#bytes.indexOf(LF);
    if (end === -1) return undefined;
    const line = this.#bytes.toString('latin1', 0, end);
    this.#bytes = this.#bytes.subarray(end + 1);
    return line;
  }

  open(line: string): string {
    if (line.startsWith('?')) throw new CodedError('BAD_LINE', 'a line begins with ?');
    return line;
  }

  encode(line: string): Uint8Array {
    return Buffer.from(`${line}\n`, 'latin1');
  }

  rest(): Buffer {
    const rest = this.#bytes;
    this.#bytes = Buffer.alloc(0);
    return rest;
  }

  isControl(line: string): boolean {
    return line.startsWith('#');
  }

  get isBlocked(): boolean {
    return this.#bytes[0] === 0x21;
  }

  get isInsideMessage(): boolean {
    return this.#bytes.length > 0;
  }

  get declaredBytes(): undefined {
    return undefined;
  }

  get receivedBytes(): number {
    return this.#bytes.length;
  }
}

export class MemorySocket extends Duplex {
  readonly written: string[] = [];
  #held: (() => void) | undefined;
  isHeld = false;

  constructor() {
    super({ highWaterMark: 1000, allowHalfOpen: true, read: () => {} });
    this.on('error', () => {});
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk.toString());
    this.#leave(done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.written.push(chunks.map(({ chunk }) => chunk.toString()).join(''));
    this.#leave(done);
  }

  /** What was written leaves; what is written from now on at once. */
  letGo(): void {
    this.isHeld = false;
    this.#held?.();
    this.#held = undefined;
  }

  #leave(done: () => void): void {
    if (this.isHeld) this.#held = done;
    else done();
  }
}

export function asTCPSocket(socket: Duplex): TCPSocket {
  return socket as unknown as TCPSocket;
}

export interface LineOptions {
  maxWaitingBytes?: number;
  messageTimeout?: number;
  canSkip?: boolean;
  open?: (raw: string) => Opened<string> | Promise<Opened<string>>;
}

export interface Lines {
  socket: MemorySocket;
  emitter: EventEmitter;
  connection: FramedConnection<string, string>;
  inbox: WaitingInbox<string, string>;
  /** All that was emitted: `message a`, `error CODE`, `close`. */
  events: string[];
  /** What each release came with. */
  released: (Error | undefined)[];
  listen: () => void;
}

/** A handler of lines, as small as one can be. */
export function lines(options: LineOptions = {}): Lines {
  const socket = new MemorySocket();
  const emitter = new EventEmitter();
  const events: string[] = [];
  const released: (Error | undefined)[] = [];
  const { messageTimeout = Infinity, maxWaitingBytes = 1_000_000, canSkip = false, open } = options;
  const inbox = new WaitingInbox(new LineDecoder(), maxWaitingBytes);
  const connection = new FramedConnection<string, string>(asTCPSocket(socket), emitter, { inbox, open, messageTimeout }, {
    isMessageEvent: (event) => event === 'message',
    hasListener: () => emitter.listenerCount('message') > 0,
    isControl: (line) => line.startsWith('#'),
    deliver: (line) => void emitter.emit(line.startsWith('#') ? 'control' : 'message', line),
    onData: (chunk) => connection.push(chunk as Uint8Array),
    onDrain: () => connection.emit('drain'),
    onRelease: (error) => released.push(error),
    canSkip: (error) => canSkip && (error as CodedError).code === 'BAD_LINE',
    createError: (code, text, { cause }) => new CodedError(code, text, { cause }),
  });
  emitter.on('error', (error: CodedError) => events.push(`error ${error.code ?? error.message}`));
  emitter.on('control', (line: string) => events.push(`control ${line}`));
  emitter.on('drain', () => events.push('drain'));
  emitter.on('close', () => events.push('close'));
  connection.attach();
  const listen = (): void => void emitter.on('message', (line: string) => events.push(`message ${line}`));
  return { socket, emitter, connection, inbox, events, released, listen };
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await nextTurn();
}
