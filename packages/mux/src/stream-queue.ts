// Streams of the peer on their way to whoever takes them: a handler of their type, a `'stream'` listener, an iterator, or
// a bounded queue until one of these comes.
import type { HandleOptions } from './calls.js';
import type { StreamHandler } from './stream-handler.js';

export type StreamTaker = (stream: StreamHandler) => unknown;

interface Handling {
  readonly take: StreamTaker;
  readonly allowHalfOpen: boolean | undefined;
}

interface Waiter {
  resolve: (result: IteratorResult<StreamHandler, undefined>) => void;
  reject: (error: Error) => void;
}

export class StreamQueue {
  readonly #handlers: Map<string, Handling> = new Map();
  readonly #waiting: StreamHandler[] = [];
  readonly #iterators: Waiter[] = [];
  readonly #maxWaiting: number;
  readonly #hasListener: () => boolean;
  readonly #tell: StreamTaker;
  #isIterated = false;
  #isOver = false;
  #error: Error | undefined;

  constructor(maxWaiting: number, hasListener: () => boolean, tell: StreamTaker) {
    this.#maxWaiting = maxWaiting;
    this.#hasListener = hasListener;
    this.#tell = tell;
  }

  /** @throws TypeError where the type has a handler already */
  handle(type: string, take: StreamTaker, { allowHalfOpen }: HandleOptions): void {
    if (typeof take !== 'function') throw new TypeError(`a handler must be a function, got ${typeof take}`);
    if (this.#handlers.has(type)) throw new TypeError(`streams of type ${JSON.stringify(type)} have a handler already`);
    this.#handlers.set(type, { take, allowHalfOpen });
  }

  /** What `handle` was told for streams of this type. */
  allowsHalfOpen(type: string): boolean | undefined {
    return this.#handlers.get(type)?.allowHalfOpen;
  }

  /** Why nobody takes a stream of this type, now or later. */
  refusalOf(type: string): string | undefined {
    if (this.#handlers.has(type) || this.#hasListener() || this.#iterators.length > 0) return undefined;
    if (this.#handlers.size > 0 && !this.#isIterated) return 'no handler for this type';
    return this.#waiting.length < this.#maxWaiting ? undefined : `over maxPendingStreams (${this.#maxWaiting})`;
  }

  add(stream: StreamHandler): void {
    if (!this.#give(stream)) this.#waiting.push(stream);
  }

  /** Somebody new may take what waits. */
  offer(): void {
    for (const stream of this.#waiting.splice(0)) if (!stream.destroyed) this.add(stream);
  }

  next(): Promise<IteratorResult<StreamHandler, undefined>> {
    this.#isIterated = true;
    let stream = this.#waiting.shift();
    while (stream?.destroyed === true) stream = this.#waiting.shift();
    if (stream !== undefined) return Promise.resolve({ done: false, value: stream });
    if (this.#isOver) {
      const error = this.#error;
      this.#error = undefined;
      return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    return new Promise((resolve, reject) => this.#iterators.push({ resolve, reject }));
  }

  /** No stream comes any more; an iterator throws the error once. */
  end(error: Error | undefined): void {
    this.#isOver = true;
    this.#error = error;
    for (const { resolve, reject } of this.#iterators.splice(0)) {
      if (error === undefined) resolve({ done: true, value: undefined });
      else reject(error);
      this.#error = undefined;
    }
  }

  #give(stream: StreamHandler): boolean {
    const handler = this.#handlers.get(stream.type);
    if (handler !== undefined) run(handler.take, stream);
    else if (this.#hasListener()) run(this.#tell, stream);
    else {
      const iterator = this.#iterators.shift();
      if (iterator === undefined) return false;
      iterator.resolve({ done: false, value: stream });
    }
    return true;
  }
}

/** What throws or rejects ends its own stream and nothing else. */
function run(taker: StreamTaker, stream: StreamHandler): void {
  try {
    const result = taker(stream);
    if (result instanceof Promise) result.catch((error: unknown) => stream.fail(error));
  } catch (error) {
    stream.fail(error);
  }
}
