// Whose write or end is wholly in the batch that is leaving, and waits for its callback.
import type { Done, StreamRecord } from './stream-record.js';
import { throwLater } from './throw-later.js';

interface Leaver {
  readonly stream: StreamRecord;
  readonly done: Done;
  readonly isEnd: boolean;
}

export class Leavers {
  #all: Leaver[] = [];

  addWrite(stream: StreamRecord, done: Done): void {
    this.#all.push({ stream, done, isEnd: false });
  }

  addEnd(stream: StreamRecord, done: Done): void {
    this.#all.push({ stream, done, isEnd: true });
  }

  /** The batch has left. */
  callBack(): void {
    for (const { stream, done, isEnd } of this.#take()) {
      if (!isEnd) stream.writingBytes = 0;
      call(done);
    }
  }

  /** The batch is lost. */
  fail(error: Error): void {
    this.giveBack();
    for (const { done } of this.#take()) call(done, error);
  }

  /** The session is lost: each waits with its stream and ends as that does. Of a stream that is over, the batch still decides. */
  giveBack(): void {
    for (const leaver of this.#take()) {
      const { stream, done, isEnd } = leaver;
      if (stream.handler.destroyed || stream.isPeerGone) this.#all.push(leaver);
      else if (isEnd) {
        stream.isFinSent = false;
        stream.finalDone = done;
      } else stream.done = done;
    }
  }

  /** A callback may write, and so fill the list for the next batch. */
  #take(): Leaver[] {
    const all = this.#all;
    if (all.length > 0) this.#all = [];
    return all;
  }
}

function call(done: Done, error?: Error): void {
  try {
    done(error);
  } catch (thrown) {
    throwLater(thrown);
  }
}
