// The one interface that every package of this toolkit knows. A structural subset of `net.Socket`: plain, TLS and unix
// sockets of Node satisfy it as they are, and so do mux streams and the in-memory pair of `@verb-tcp/testing`.
// The comments are the book of rules; `tcpSocketConformance` of `@verb-tcp/testing` checks each of them.

/**
 * A reliable, ordered byte stream in two directions.
 *
 * **Chunks mean nothing.** One `write` may arrive as many `'data'` events and many as one. Only bytes and their order
 * are kept.
 *
 * **One owner of the flow.** Whoever attached the `'data'` listener is the only one who calls `pause`, `resume` and
 * `unshift`. A `'data'` listener starts the flow: bytes that nobody listens for are lost, so never attach one just to
 * count; read `bytesRead`.
 *
 * **Marks** are 64 KiB everywhere in this toolkit (accepted, dialled, TLS, mux streams, the pair), whatever the
 * version of Node.
 *
 * **Order of events.** `'data'`…, then `'end'` where the peer finished cleanly; `'error'` at most once and before
 * `'close'`; `'close'` exactly once and last. An `'error'` with no listener ends the process: attach one first.
 */
export interface TCPSocket {
  /** The peer's address. `undefined` on unix sockets and after a reset, so read it once, when the connection begins. */
  readonly remoteAddress?: string | undefined;
  /** The peer's port; the same caveat. */
  readonly remotePort?: number | undefined;
  /** Our address on this connection. */
  readonly localAddress?: string | undefined;
  /** Our port on this connection. */
  readonly localPort?: number | undefined;

  /** Bytes may still come: no end seen, not destroyed. */
  readonly readable: boolean;
  /** `write` may still be called: not ended by us, not destroyed. */
  readonly writable: boolean;
  /** `destroy` was called, by us or by an error. `'close'` follows. */
  readonly destroyed: boolean;

  /** Bytes received so far. Moves without any listener attached. */
  readonly bytesRead: number;
  /** Bytes accepted by `write` so far, including those still queued. */
  readonly bytesWritten: number;
  /** Bytes queued and not yet handed to the layer below. Falls by whole chunks, when all of a chunk has left. */
  readonly writableLength: number;
  /** The mark in bytes at which `write` starts to return `false`. */
  readonly writableHighWaterMark: number;
  /** A `write` returned `false` and `'drain'` has not come yet. */
  readonly writableNeedDrain: boolean;
  /** What `setEncoding` set, or `null`: then `'data'` gives strings cut between characters, not bytes. */
  readonly readableEncoding: BufferEncoding | null;

  /**
   * Queues bytes for the peer; a string goes as UTF-8.
   *
   * The bytes are **not copied**: they must stay unchanged until the callback. One buffer may be written to many
   * sockets.
   *
   * `false` means the mark is reached: the bytes are queued all the same, but wait for `'drain'`, and race that wait
   * against `'close'`, for after `destroy` it never comes. After `end` it fails with an `'error'`; after `destroy`
   * only the callback tells.
   */
  write(data: Uint8Array | string, callback?: (error?: Error | null) => void): boolean;

  /**
   * Finishes our direction once everything queued has left. The peer sees a clean `'end'` and may still send.
   *
   * A socket whose incoming bytes nobody reads does not close after `end`: `resume` it.
   */
  end(data?: Uint8Array | string, callback?: () => void): this;

  /**
   * Drops the connection now. What is still queued is lost, and to the peer it looks like a clean end all the same,
   * unless unread input is left here: then the peer gets a reset and may lose even what had arrived.
   * With an error, that error is emitted before `'close'`. To deliver what was written, use `end`.
   */
  destroy(error?: Error): this;

  /** Stops `'data'`, exactly: none comes after this call, even from inside a listener. At most one mark is buffered. */
  pause(): this;
  /** Starts `'data'` again. */
  resume(): this;
  /** `pause` was called and `resume` was not. */
  isPaused(): boolean;
  /** Puts bytes back in front of what is unread; the next `'data'` gives them first. Not after `'end'`. */
  unshift(chunk: Uint8Array): void;

  /** Holds writes back until `uncork`, so that they leave together. Nests; `end` flushes. See `corkForTurn`. */
  cork(): void;
  /** Undoes one `cork`. */
  uncork(): void;

  /** Makes `'data'` give strings. Breaks every binary framing; only `'utf8'` is fine for JSON messages. */
  setEncoding(encoding: BufferEncoding): this;
  /** Probes an idle peer, the first time after `initialDelay` milliseconds. No effect without a kernel below. */
  setKeepAlive(enable?: boolean, initialDelay?: number): this;
  /** `true`: small writes leave at once (no Nagle delay). No effect without a kernel below. */
  setNoDelay(noDelay?: boolean): this;
  /**
   * Emits `'timeout'` when no byte moved in either direction for this many milliseconds; 0 switches it off. It only
   * tells: nothing is closed. It belongs to the application; packages of this toolkit leave it alone.
   */
  setTimeout(timeout: number, callback?: () => void): this;

  /** Bytes from the peer, a `Buffer` that the listener owns. The first listener starts the flow. */
  on(event: 'data', listener: (data: Buffer) => void): this;
  /** `'drain'`: below the mark again. `'end'`: the peer finished. `'timeout'`: see `setTimeout`. */
  on(event: 'drain' | 'end' | 'timeout', listener: () => void): this;
  /** Once and last; `hadError` where an `'error'` came before. */
  on(event: 'close', listener: (hadError: boolean) => void): this;
  /** What broke the connection. `'close'` follows. */
  on(event: 'error', listener: (error: Error) => void): this;

  once(event: 'data', listener: (data: Buffer) => void): this;
  once(event: 'drain' | 'end' | 'timeout', listener: () => void): this;
  once(event: 'close', listener: (hadError: boolean) => void): this;
  once(event: 'error', listener: (error: Error) => void): this;

  off(event: 'data', listener: (data: Buffer) => void): this;
  off(event: 'drain' | 'end' | 'timeout', listener: () => void): this;
  off(event: 'close', listener: (hadError: boolean) => void): this;
  off(event: 'error', listener: (error: Error) => void): this;

  /** How many listeners an event has. (There is no `removeAllListeners` here: it strips other packages' guards.) */
  listenerCount(event: 'data' | 'drain' | 'end' | 'close' | 'error' | 'timeout'): number;
}
