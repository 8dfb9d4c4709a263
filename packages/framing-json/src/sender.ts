// Messages out: value → schema → JSON → frame → socket, in order. Those of one turn leave in one system call. It holds no
// bytes of its own; what it holds are messages whose schema has yet to answer.
import type { TCPSocket } from '@verb-tcp/socket';
import { Outbox, Waiter } from '@verb-tcp/socket/framing';
import { frameJson, MessageError, stringifyMessage } from '@verb-tcp/socket/message';
import { FrameError, toFrameError } from './errors.js';
import { describeRefusal, isPending, type SchemaResult, type StandardSchema } from './schema.js';

const MAX_BYTES_PER_UNIT = 3;

/** What a sender tells its handler. */
export interface SenderOwner {
  /** A message that nobody waits for was not sent. */
  onUnsent(error: Error): void;
  /** Go on sending. */
  onDrain(): void;
}

/** A message that waits for its schema, and who waits for the message. */
interface Job<Out> {
  message: Out;
  waiter: Waiter | undefined;
}

export class Sender<Out> {
  readonly #socket: TCPSocket;
  readonly #outbox: Outbox;
  readonly #maxMessageBytes: number;
  readonly #schema: StandardSchema<Out, unknown> | undefined;
  readonly #owner: SenderOwner;
  #jobs: Job<Out>[] = [];

  constructor(
    socket: TCPSocket,
    maxMessageBytes: number,
    schema: StandardSchema<Out, unknown> | undefined,
    owner: SenderOwner,
  ) {
    this.#socket = socket;
    this.#outbox = new Outbox(socket);
    this.#maxMessageBytes = maxMessageBytes;
    this.#schema = schema;
    this.#owner = owner;
  }

  /** A message sent now would be written. */
  get isOpen(): boolean {
    return this.#outbox.isOpen;
  }

  /** Sends, or queues behind the schema. False: wait for `onDrain`. @throws {FrameError} Nothing was written. */
  send(message: Out): boolean {
    if (this.#schema === undefined) return this.#write(message);
    return this.#validate(message, undefined);
  }

  /** Sends, and settles when the socket can take more. `cause` is what closed the connection, if it is closed. */
  sendAndWait(message: Out, cause: Error | undefined): Promise<void> {
    const waiter = new Waiter();
    try {
      if (!this.isOpen) waiter.reject(closedError(cause));
      else if (this.#schema === undefined) this.#writeFor(message, waiter);
      else this.#validate(message, waiter);
    } catch (error) {
      waiter.reject(error as FrameError);
    }
    return waiter.promise;
  }

  /** The socket is below its mark. */
  drained(): void {
    if (this.#jobs.length > 0) return;
    this.#outbox.drained();
    this.#owner.onDrain();
  }

  /** Nothing more leaves. What is in the socket is in doubt where there is an error, and on its way where there is none. */
  close(error: Error | undefined): void {
    this.#outbox.close(error);
    const jobs = this.#jobs;
    this.#jobs = [];
    for (const { waiter } of jobs) waiter?.reject(error ?? closedError());
  }

  #write(message: unknown): boolean {
    return this.#outbox.write(this.#frame(message));
  }

  #writeFor(message: unknown, waiter: Waiter): void {
    this.#outbox.writeFor(this.#frame(message), waiter);
  }

  #frame(message: unknown): string | Uint8Array {
    const json = stringify(message);
    if (json.length * MAX_BYTES_PER_UNIT > this.#maxMessageBytes) this.#checkSize(json);
    return frameJson(json);
  }

  #checkSize(json: string): void {
    const declaredBytes = Buffer.byteLength(json, 'utf8');
    const limitBytes = this.#maxMessageBytes;
    if (declaredBytes <= limitBytes) return;
    const text = `message of ${declaredBytes} bytes is over maxMessageBytes (${limitBytes}) and was not sent`;
    throw new FrameError('ERR_FRAME_TOO_LARGE', text, { declaredBytes, limitBytes });
  }

  /** True: written, and below the mark. */
  #validate(message: Out, waiter: Waiter | undefined): boolean {
    if (this.#jobs.length === 0) {
      const result = this.#ask(message);
      if (!isPending(result)) return this.#accept(result, waiter);
      this.#jobs.push({ message, waiter });
      void this.#work(result);
    } else {
      this.#jobs.push({ message, waiter });
    }
    return false;
  }

  #accept(result: SchemaResult<unknown>, waiter: Waiter | undefined): boolean {
    let refusal: string | undefined;
    try {
      refusal = describeRefusal(result);
    } catch (cause) {
      throw new FrameError('ERR_FRAME_SCHEMA', 'sendSchema gave what is no result', { cause });
    }
    if (refusal !== undefined) {
      throw new FrameError('ERR_FRAME_SCHEMA', `sendSchema refused the message: ${refusal}`, { issues: result.issues });
    }
    const { value } = result as { value: unknown };
    if (waiter === undefined) return this.#write(value);
    this.#writeFor(value, waiter);
    return true;
  }

  #ask(message: Out): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
    try {
      return (this.#schema as StandardSchema<Out, unknown>)['~standard'].validate(message);
    } catch (cause) {
      throw new FrameError('ERR_FRAME_SCHEMA', 'sendSchema threw', { cause });
    }
  }

  /** Sends the jobs one after the other, so that order is kept however long each answer takes. */
  async #work(first: Promise<SchemaResult<unknown>>): Promise<void> {
    let answer: Promise<SchemaResult<unknown>> | undefined = first;
    for (let job = this.#jobs[0]; job !== undefined; job = this.#jobs[0]) {
      try {
        const result: SchemaResult<unknown> = await (answer ?? this.#ask(job.message));
        if (this.#outbox.isClosed) return;
        if (!this.#socket.writable) throw closedError();
        this.#accept(result, job.waiter);
      } catch (cause) {
        if (this.#outbox.isClosed) return;
        const error = cause instanceof FrameError ? cause : new FrameError('ERR_FRAME_SCHEMA', 'sendSchema threw', { cause });
        if (job.waiter === undefined) this.#owner.onUnsent(error);
        else job.waiter.reject(error);
      }
      answer = undefined;
      this.#jobs.shift();
    }
    if (!this.#outbox.isClosed && !this.#socket.writableNeedDrain) this.drained();
  }
}

/** @param cause What ended the connection, where that is known. */
export function closedError(cause?: Error): FrameError {
  return new FrameError('ERR_FRAME_CLOSED', 'the connection is closed for sending', { cause });
}

function stringify(message: unknown): string {
  try {
    return stringifyMessage(message);
  } catch (error) {
    throw error instanceof MessageError ? toFrameError(error) : error;
  }
}
