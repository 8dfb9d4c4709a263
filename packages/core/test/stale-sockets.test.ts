import { spawn, type ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bind, boundAddress } from '../src/bind.js';
import { bound, leaveStale, listeners, onPath } from './listeners.js';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'verb-tcp-'));
  path = join(folder, 'socket');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Settles when somebody accepts at `path`. */
async function answer(): Promise<void> {
  const socket = connect({ path });
  await once(socket, 'connect');
  socket.destroy();
}

describe('a unix socket', () => {
  it('has the address { path } while it listens, and its file goes when it closes', async () => {
    const listener = await bound(onPath(path));
    expect(boundAddress(listener)).toEqual({ path });
    await answer();
    await listener[Symbol.asyncDispose]();
    expect(boundAddress(listener)).toBeNull();
    expect(existsSync(path)).toBe(false);
  });

  it('replaces a file that nobody answers on, and leaves no listener', async () => {
    await leaveStale(path);
    await expect(answer()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const listener = createServer();
    const before = listeners(listener);
    await bind(listener, onPath(path), undefined);
    expect(listeners(listener)).toEqual(before);
    await answer();
    await listener[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(false);
  });

  it('replaces the file of a process that was killed', async () => {
    {
      await using holder = await holdPath(511);
      await answer();
      expect(holder.process.pid).toBeDefined();
    }
    expect(existsSync(path)).toBe(true);
    await using _ = await bound(onPath(path));
    await answer();
  });

  it('passes EADDRINUSE through where somebody answers, who goes on', async () => {
    await using live = await bound(onPath(path));
    await expect(bound(onPath(path))).rejects.toMatchObject({ code: 'EADDRINUSE', syscall: 'listen', address: path });
    expect(live.listening).toBe(true);
    await answer();
  });

  it.each([
    ['a file', () => writeFileSync(path, 'precious')],
    [
      'a link to a file',
      () => {
        writeFileSync(join(folder, 'file'), 'precious');
        symlinkSync('file', path);
      },
    ],
  ])('leaves %s as it is', async (_, make) => {
    make();
    await expect(bound(onPath(path))).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(readFileSync(path, 'utf8')).toBe('precious');
  });

  it('leaves a link to a stale socket as it is', async () => {
    await leaveStale(path);
    const link = join(folder, 'link');
    symlinkSync(path, link);
    await expect(bound(onPath(link))).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(lstatSync(path).isSocket()).toBe(true);
  });

  it('passes other errors through', async () => {
    await expect(bound(onPath(join(folder, 'missing', 'socket')))).rejects.toMatchObject({ code: 'EACCES' });
  });

  it('abstract, is nobody’s file: a second one gets EADDRINUSE at once', async (context) => {
    context.skip(process.platform !== 'linux', 'abstract sockets are Linux’s');
    const name = `\0verb-tcp-${process.pid}`;
    await using listener = await bound(onPath(name));
    let knocks = 0;
    listener.on('connection', (socket) => {
      knocks++;
      socket.destroy();
    });
    await expect(bound(onPath(name))).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(knocks).toBe(0);
    expect(boundAddress(listener)).toEqual({ path: name });
  });

  it('is somebody’s who does not accept', async (context) => {
    context.skip(process.platform !== 'linux', 'elsewhere a full backlog refuses as if nobody were there');
    await using holder = await holdPath(1);
    holder.process.kill('SIGSTOP');
    // Until it is full.
    const waiting: Socket[] = [];
    let code = '';
    while (code === '' && waiting.length < 100) {
      const socket = connect({ path });
      waiting.push(socket);
      code = await once(socket, 'connect').then(
        () => '',
        (error: NodeJS.ErrnoException) => error.code ?? '',
      );
    }
    expect(code).toBe('EAGAIN');
    const { ino } = lstatSync(path);
    await expect(bound(onPath(path))).rejects.toMatchObject({ code: 'EADDRINUSE' });
    expect(lstatSync(path).ino).toBe(ino);
    for (const socket of waiting) socket.destroy();
  });

  it('is had by one of two that find the same stale file', async () => {
    for (let round = 0; round < 20; round++) {
      await leaveStale(path);
      const outcomes = await Promise.allSettled([bound(onPath(path)), bound(onPath(path)), bound(onPath(path))]);
      const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(winners).toHaveLength(1);
      const codes = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason.code] : []));
      expect(codes).toEqual(['EADDRINUSE', 'EADDRINUSE']);
      await answer();
      await winners[0]?.[Symbol.asyncDispose]();
      expect(existsSync(path)).toBe(false);
    }
  });

  describe.each([
    ['closed', 'closed before it listened', (listener: Server) => listener.close()],
    ['aborted', 'changed my mind', (_: Server, controller: AbortController) => controller.abort(new Error('changed my mind'))],
  ])('%s', (_, reason, stop) => {
    it('at the moment before it would listen, is as it was', async () => {
      await leaveStale(path);
      const { ino } = lstatSync(path);
      const listener = createServer();
      const controller = new AbortController();
      const onProbe = (message: unknown): void => {
        // Behind the probe's end, before whoever waits for it.
        (message as { socket: Socket }).socket.once('close', () => queueMicrotask(() => stop(listener, controller)));
      };
      subscribe('net.client.socket', onProbe);
      await expect(bind(listener, onPath(path), controller.signal)).rejects.toThrow(reason);
      unsubscribe('net.client.socket', onProbe);
      await new Promise(setImmediate);
      expect(listener.listening).toBe(false);
      if (existsSync(path)) expect(lstatSync(path).ino).toBe(ino);
    });

    it('at whatever moment, is bound or as it was', async () => {
      let stopped = 0;
      for (let moment = 0; moment < 60; moment++) {
        await leaveStale(path);
        const { ino } = lstatSync(path);
        const listener = createServer();
        const controller = new AbortController();
        const binding = bind(listener, onPath(path), controller.signal).then(
          () => 'listens',
          (error: Error) => error.message,
        );
        for (let turn = 0; turn < moment % 4; turn++) await new Promise(setImmediate);
        for (let tick = 0; tick < moment / 4; tick++) await new Promise(process.nextTick);
        if (!listener.listening) stop(listener, controller);
        const outcome = await binding;
        if (outcome === 'listens') {
          expect(listener.listening).toBe(true);
          await listener[Symbol.asyncDispose]();
          continue;
        }
        stopped++;
        expect(outcome).toContain(reason);
        // What it had begun has ended by now, or never will.
        await new Promise(setImmediate);
        expect(listener.listening).toBe(false);
        if (existsSync(path)) expect(lstatSync(path).ino).toBe(ino);
        rmSync(path, { force: true });
      }
      expect(stopped).toBeGreaterThan(5);
    });
  });
});

/** A program that is none of ours and listens at `path` with this backlog. */
async function holdPath(backlog: number): Promise<{ process: ChildProcess } & AsyncDisposable> {
  const program = `require('net').createServer().listen({ path: process.argv[1], backlog: ${backlog} }, () => console.log('listening'))`;
  const holder = spawn(process.execPath, ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(holder, 'exit');
  await once(holder.stdout, 'data');
  return {
    process: holder,
    async [Symbol.asyncDispose]() {
      holder.kill('SIGKILL');
      await exited;
    },
  };
}
