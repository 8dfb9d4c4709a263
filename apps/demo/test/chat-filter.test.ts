import { describe, expect, test } from 'vitest';
import { createServer } from '@verb-tcp/core';
import { createTCPServer } from '@verb-tcp/testing';
import { TCPMessageServer } from '../src/servers/chat.js';
import { ChatPeer } from './chat-peer.js';
import { freePort } from './free-port.js';
import { Program } from './program.js';
import { TestLog } from './test-log.js';

async function listen(): Promise<{ port: number; log: TestLog } & AsyncDisposable> {
  const log = new TestLog();
  const app = createServer();
  new TCPMessageServer(app, { log });
  const { port } = await app.listen(0, '127.0.0.1');
  return { port, log, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

function chat(port: number, input: string, ...words: string[]): Program {
  const program = new Program('chat', ['--host', '127.0.0.1', '--port', String(port), ...words]);
  program.process.stdin.end(input);
  return program;
}

describe('chat without a terminal', () => {
  test('says each line of its input to everybody, with its name and id, and ends with 0', async () => {
    await using server = await listen();
    await using ana = await ChatPeer.connect(server.port);
    await ana.settled();
    await using program = chat(server.port, 'hi\n\nthere', '--name', 'script');
    const said = [await ana.next(), await ana.next()];
    const id = expect.stringMatching(/^127\.0\.0\.1:\d+$/);
    expect(said).toMatchObject([
      { type: 'broadcast', data: { id, name: 'script', text: 'hi' } },
      { type: 'broadcast', data: { id, name: 'script', text: 'there' } },
    ]);
    expect(await program.exit).toBe(0);
    expect([program.stdout, program.stderr]).toEqual(['', '']);
    expect(await ana.settled()).toEqual([]);
  });

  test('waits for the answers to what it sent', async () => {
    await using server = await listen();
    await using program = chat(server.port, '/ping\n/whoami\n');
    expect(await program.exit).toBe(0);
    expect(program.stdout).toMatch(/pong in [\d.]+ ms\n/);
    expect(program.stdout).toMatch(/You are guest-(\d+) \(127\.0\.0\.1:\1\)\.\n/);
  });

  test('ends with 1 where a line was in vain, and says so on stderr', async () => {
    await using server = await listen();
    await using program = chat(server.port, '/msg nobody hi\n/dance\n/join\n');
    expect(await program.exit).toBe(1);
    expect(program.stdout).toBe('[private] sent to nobody\n');
    expect(program.stderr.split('\n').toSorted()).toEqual([
      '',
      'The server says: Unknown target: nobody',
      'There is no /dance. /help lists what there is.',
      'Usage: /join <room>',
    ]);
  });

  test('prints what others say, harmless and without colours', async () => {
    await using server = await listen();
    await using ana = await ChatPeer.connect(server.port);
    await using program = new Program('chat', ['--host', '127.0.0.1', '--port', String(server.port)]);
    program.process.stdin.write('hello\n');
    await ana.next();
    ana.send({ type: 'broadcast', data: { name: 'ana', text: '\x1b[31mred\nroot: x' } });
    await program.prints(/\n/);
    expect(program.stdout).toBe('ana: \\x1b[31mred\\nroot: x\n');
    program.process.stdin.end();
    expect(await program.exit).toBe(0);
  });

  test('says in one line that the server is away, and ends with 1', async () => {
    const port = await freePort();
    await using program = chat(port, 'hi\n');
    expect(await program.exit).toBe(1);
    expect(program.stderr).toBe(`No chat server at 127.0.0.1:${port}: nothing listens there.\n`);
  });

  test('says in one line that something else listens there, and ends with 1', async () => {
    await using server = createTCPServer({ port: 0, onConnection: (socket) => socket.write('Welcome to TCP server!\n') });
    await using program = chat(server.address().port, 'hi\n');
    expect(await program.exit).toBe(1);
    expect(program.stderr).toMatch(/^This is not a chat server: [^\n]+\.\n$/);
  });

  test('ends with 1 when the server ends the connection', async () => {
    await using server = await listen();
    await using program = new Program('chat', ['--host', '127.0.0.1', '--port', String(server.port)]);
    program.process.stdin.write('/ping\n');
    await program.prints(/pong/);
    await server[Symbol.asyncDispose]();
    expect(await program.exit).toBe(1);
    expect(program.stderr).toBe('The server ended the connection.\n');
  });

  test('refuses wrong flags with exit code 2', async () => {
    await using program = chat(1, '', '--nmae', 'x');
    expect(await program.exit).toBe(2);
    expect(program.stderr).toBe("Unknown option '--nmae'. Try --help.\n");
  });
});
