import { describe, expect, test } from 'vitest';
import { startServers } from './program.js';
import { RawPeer } from './raw-peer.js';

const NOTICE = '{"type":"server_shutdown","message":"Server is shutting down","gracePeriod":2000}';
const BEGINNING = /Stopping: (\d+ connections?), at most 2 s \(press Ctrl-C again to force\)\n/;

/** Runs `act` and gives how long it took, in milliseconds. */
async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

describe('the end of the servers', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('on %s is at once where nobody is connected', async (signal) => {
    await using servers = await startServers();
    servers.process.kill(signal);
    expect(await servers.exit).toBe(0);
    expect(BEGINNING.exec(servers.stdout)?.[1]).toBe('0 connections');
    expect(servers.stdout).toMatch(/Stopped: 0 ended by themselves, 0 cut\n$/);
    expect(servers.stderr).toBe('');
  });

  test('comes within three seconds, with a notice for chat clients and none for echo clients', async () => {
    await using servers = await startServers();
    using chat = await RawPeer.connect(servers.chatPort);
    using echo = await RawPeer.connect(servers.echoPort);
    await echo.gets(/Welcome/);
    await servers.prints(/Client \S+ connected/);
    const duration = await timed(async () => {
      servers.process.kill('SIGINT');
      await chat.gets(/shutdown/);
      // Echo ends at once; what its client still says is not answered.
      await echo.ended;
      expect(await servers.exit).toBe(0);
    });
    expect(duration).toBeLessThan(3000);
    expect(chat.received).toBe(`${NOTICE.length}\n${NOTICE}`);
    expect(echo.received).toBe('Welcome to TCP server!\n');
    expect(BEGINNING.exec(servers.stdout)?.[1]).toBe('2 connections');
    expect(servers.stdout).toMatch(/Stopped: 0 ended by themselves, 2 cut\n$/);
  });

  test('waits for clients that finish by themselves', async () => {
    await using servers = await startServers();
    using chat = await RawPeer.connect(servers.chatPort);
    await servers.prints(/Client \S+ connected/);
    servers.process.kill('SIGTERM');
    await chat.gets(/shutdown/);
    chat.write('17\n{"type":"whoami"}');
    await chat.gets(/"type":"whoami"/);
    chat.socket.end();
    expect(await servers.exit).toBe(0);
    expect(servers.stdout).toMatch(/Stopped: 1 ended by themselves, 0 cut\n$/);
  });

  test('is forced by a second signal, and the exit code tells', async () => {
    await using servers = await startServers();
    using chat = await RawPeer.connect(servers.chatPort);
    await servers.prints(/Client \S+ connected/);
    servers.process.kill('SIGINT');
    await chat.gets(/shutdown/);
    // Later than what counts as one key press.
    await new Promise((resolve) => setTimeout(resolve, 150));
    const duration = await timed(async () => {
      servers.process.kill('SIGINT');
      expect(await servers.exit).toBe(130);
    });
    expect(duration).toBeLessThan(1000);
    expect(servers.stdout).toMatch(/Stopped: 0 ended by themselves, 1 cut\n$/);
  });

  test('is not forced by one key press that arrives twice, as it does behind pnpm and npm', async () => {
    await using servers = await startServers();
    using chat = await RawPeer.connect(servers.chatPort);
    await servers.prints(/Client \S+ connected/);
    // Two kinds, since the system joins signals of one kind that come before the first is seen.
    servers.process.kill('SIGINT');
    servers.process.kill('SIGTERM');
    await chat.gets(/shutdown/);
    chat.socket.end();
    expect(await servers.exit).toBe(0);
    expect(servers.stdout).toMatch(/Stopped: 1 ended by themselves, 0 cut\n$/);
  });

  test('comes as well when a runner that holds a channel to it dies', async () => {
    await using servers = await startServers({ hasChannel: true });
    using chat = await RawPeer.connect(servers.chatPort);
    await servers.prints(/Client \S+ connected/);
    servers.process.disconnect();
    await chat.gets(/shutdown/);
    chat.socket.end();
    expect(await servers.exit).toBe(0);
  });
});
