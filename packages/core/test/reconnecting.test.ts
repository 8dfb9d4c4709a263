import { EventEmitter, getEventListeners, once } from 'node:events';
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { reconnecting, type Dialled } from '../src/index.js';
import { closed } from './sockets.js';

/** A connection that lives as long as the test wants. */
class FakeSocket extends EventEmitter implements Dialled {
  destroyed = false;
  lose(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

const steady = { jitter: 'none', initialDelay: 100, maxDelay: 1000 } as const;

/** The times, on the fake clock, at which `dial` was called until the series ended. */
async function dialTimes(dial: (attempt: number) => Promise<FakeSocket>, options: object, live: number): Promise<number[]> {
  vi.useFakeTimers();
  const startedAt = performance.now();
  const times: number[] = [];
  const series = (async () => {
    for await (const socket of reconnecting(() => dial(times.push(Math.round(performance.now() - startedAt))), options)) {
      setTimeout(() => socket.lose(), live);
    }
  })().catch((error: unknown) => error);
  await vi.runAllTimersAsync();
  const error = await series;
  expect(error).toMatchObject({ code: 'ERR_TCP_RECONNECT_EXHAUSTED' });
  return times;
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A clock for a thousand timers at once, where fake timers take half a minute. */
class VirtualClock {
  now = 0;
  readonly #timers: { at: number; run: () => void }[] = [];

  constructor() {
    vi.spyOn(performance, 'now').mockImplementation(() => this.now);
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, delay: number) => {
      this.#timers.push({ at: this.now + delay, run });
    }) as unknown as typeof setTimeout);
  }

  /** Runs timers in their order, with the promises that each settles, until none is left. */
  async runUntilIdle(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#timers.length > 0) {
      const next = this.#timers.reduce((first, timer) => (timer.at < first.at ? timer : first));
      this.#timers.splice(this.#timers.indexOf(next), 1);
      this.now = next.at;
      next.run();
      await new Promise(setImmediate);
    }
  }
}

describe('reconnecting', () => {
  it('dials at once, then waits longer after each failure', async () => {
    const times = await dialTimes(() => Promise.reject(new Error('away')), { ...steady, maxAttempts: 6 }, 0);
    expect(times).toEqual([0, 100, 300, 700, 1500, 2500]);
  });

  it('backs off from a server that accepts and drops, too', async () => {
    const times = await dialTimes(() => Promise.resolve(new FakeSocket()), { ...steady, maxAttempts: 5, stableAfter: 50 }, 10);
    expect(times).toEqual([0, 110, 320, 730, 1540]);
  });

  it('forgets the tries before a stable connection, and waits after its loss all the same', async () => {
    const dial = (attempt: number) => (attempt === 3 ? Promise.resolve(new FakeSocket()) : Promise.reject(new Error('away')));
    const times = await dialTimes(dial, { ...steady, maxAttempts: 3, stableAfter: 5000 }, 6000);
    expect(times).toEqual([0, 100, 300, 6400, 6600, 7000]);
  });

  it('tells what ended the last try', async () => {
    const away = new Error('away');
    const series = reconnecting(() => Promise.reject(away), { initialDelay: 0, maxAttempts: 2 });
    await expect(series.next()).rejects.toMatchObject({ code: 'ERR_TCP_RECONNECT_EXHAUSTED', cause: away });
  });

  it('waits for a random part of each delay by default', async () => {
    vi.useFakeTimers();
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.25);
    const abort = new AbortController();
    const times: number[] = [];
    const startedAt = performance.now();
    const dial = () => Promise.reject<FakeSocket>(new Error(`try ${times.push(performance.now() - startedAt)}`));
    const ended = reconnecting(dial, { initialDelay: 1000, signal: abort.signal }).next();
    await vi.advanceTimersByTimeAsync(1000);
    abort.abort();
    expect(await ended).toEqual({ done: true, value: undefined });
    expect(times).toEqual([0, 250, 750]);
    random.mockRestore();
  });

  it('brings 1 000 clients back without a stampede from a server that is away for 30 s', async () => {
    const clock = new VirtualClock();
    const tries: number[] = [];
    const dial = () => {
      tries.push(clock.now);
      return clock.now < 30_000 ? Promise.reject<FakeSocket>(new Error('away')) : Promise.resolve(new FakeSocket());
    };
    const clients = Array.from({ length: 1000 }, () => reconnecting(dial).next());
    await clock.runUntilIdle();
    const back = (await Promise.all(clients)).filter(({ done }) => !done);
    expect(back).toHaveLength(1000);
    const bins = Array.from({ length: 60 }, (_, second) => tries.filter((at) => Math.floor(at / 1000) === second).length);
    // From 2 s after the loss, while there is anybody left to come back: no second over three times the mean of its neighbours.
    for (let second = 2; second < 50; second++) {
      const mean = ((bins[second - 1] as number) + (bins[second + 1] as number)) / 2;
      expect(bins[second], `tries in second ${second} of ${bins.join(' ')}`).toBeLessThanOrEqual(3 * Math.max(mean, 5));
    }
  });

  it('gives live sockets of a real server, one after the other', async () => {
    const server = createNetServer((socket) => socket.end('x'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const seen: Socket[] = [];
    for await (const socket of reconnecting({ port, host: '127.0.0.1' }, { initialDelay: 5 })) {
      expect(seen.every((earlier) => earlier.destroyed)).toBe(true);
      seen.push(socket);
      if (seen.length === 3) break;
      socket.resume();
    }
    const last = seen[2] as Socket;
    // Leaving the loop left it as it was.
    expect(last.destroyed).toBe(false);
    await closed(last.resume());
    server.close();
  });

  it('throws at once for a target that no try could reach', () => {
    expect(() => reconnecting({ port: 0 })).toThrow(RangeError);
  });

  it('takes one signal for a thousand series, and lets go of it as they end', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const abort = new AbortController();
    const dialled: FakeSocket[] = [];
    const dial = async (): Promise<FakeSocket> => {
      const socket = new FakeSocket();
      dialled.push(socket);
      return socket;
    };
    const series = Array.from({ length: 1000 }, () => reconnecting(dial, { signal: abort.signal }));
    await Promise.all(series.map((sockets) => sockets.next()));
    const ends = series.map((sockets) => sockets.next());
    await vi.waitFor(() => expect(getEventListeners(abort.signal, 'abort')).toHaveLength(1));
    for (const socket of dialled.slice(0, 500)) socket.lose();
    abort.abort();
    expect((await Promise.all(ends)).every(({ done }) => done)).toBe(true);
    expect(getEventListeners(abort.signal, 'abort')).toHaveLength(0);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it.each(['waiting', 'connected', 'dialling'])('ends without an error when its signal aborts while %s', async (state) => {
    const abort = new AbortController();
    const live = new FakeSocket();
    const dial = () => {
      if (state === 'waiting') return Promise.reject(new Error('away'));
      if (state === 'dialling') setImmediate(() => abort.abort());
      return state === 'dialling' ? new Promise<FakeSocket>((_, reject) => abort.signal.addEventListener('abort', () => reject(new Error('aborted')))) : Promise.resolve(live);
    };
    if (state !== 'dialling') setImmediate(() => setImmediate(() => abort.abort()));
    const seen: FakeSocket[] = [];
    for await (const socket of reconnecting(dial, { initialDelay: 60_000, jitter: 'none', signal: abort.signal })) seen.push(socket);
    expect(seen).toEqual(state === 'connected' ? [live] : []);
    expect(live.listenerCount('close')).toBe(0);
    expect(live.destroyed).toBe(false);
  });

  it.each([
    [{ factor: 0.5 }, 'factor must be a number from 1, got 0.5'],
    [{ maxAttempts: 0 }, 'maxAttempts must be an integer from 1 to 2147483647, or Infinity, got 0'],
    [{ jitter: 'some' as never }, "jitter must be 'full' or 'none', got \"some\""],
  ])('throws for %j', (options, message) => {
    expect(() => reconnecting({ port: 1 }, options)).toThrowError(message);
  });
});
