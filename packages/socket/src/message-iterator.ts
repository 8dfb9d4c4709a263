// `for await` over messages: who waits for one, in order, and how the waiting ends.

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/** Where an iterator asks. */
export interface MessageSource<In> {
  /** A reader waits now. */
  onWaiting(reader: MessageReader<In>): void;
  /** An iterator was left: its readers wait no longer. */
  onReturn(iterator: MessageIterator<In>): void;
}

/** One call of `next` that has no answer yet. */
export interface MessageReader<In> {
  readonly iterator: MessageIterator<In>;
  give(message: In): void;
  /** No message will come, for this error where there is one. */
  end(error: Error | undefined): void;
}

/** Gives the messages of one handler. Leaving it leaves the connection alone: the next iterator goes on behind it. */
export class MessageIterator<In> implements AsyncIterableIterator<In> {
  readonly #source: MessageSource<In>;
  #isDone = false;

  constructor(source: MessageSource<In>) {
    this.#source = source;
  }

  next(): Promise<IteratorResult<In, undefined>> {
    if (this.#isDone) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => {
      this.#source.onWaiting({
        iterator: this,
        give: (value) => resolve({ done: false, value }),
        end: (error) => {
          // Only the first reader of an iterator gets the error, as with a generator.
          if (this.#isDone || error === undefined) resolve(DONE);
          else reject(error);
          this.#isDone = true;
        },
      });
    });
  }

  return(): Promise<IteratorResult<In, undefined>> {
    this.#isDone = true;
    this.#source.onReturn(this);
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
