import { describe, expect, test } from 'vitest';
import { createTCPServer } from '@verb-tcp/testing';
import { muxHelp, readMuxArguments } from '../src/clients/mux-arguments.js';
import { freePort } from './free-port.js';
import { Program, startServers } from './program.js';

describe('the mux client', () => {
  test('opens three streams over one connection and prints what each says', async () => {
    await using servers = await startServers();
    await using program = new Program('mux', ['--host', '127.0.0.1', '--port', String(servers.muxPort)]);
    expect(await program.exit, program.stderr).toBe(0);
    const lines = program.stdout.split('\n');
    const of = (name: string): string[] => lines.filter((line) => line.startsWith(name)).map((line) => line.slice(6));
    expect(of('echo')).toEqual(['Welcome to TCP server!', 'Echo: hello over one connection']);
    expect(of('bob')).toEqual([expect.stringMatching(/^\{"type":"pong","timestamp":\d+\}$/)]);
    expect(of('ana')).toEqual([
      expect.stringMatching(/^\{"type":"whoami","id":"127\.0\.0\.1:\d+.*"\}$/),
      expect.stringMatching(/^\{"type":"private","from":"127\.0\.0\.1:\d+.*","data":"hello, other stream","timestamp":\d+\}$/),
    ]);
    expect(lines.at(-2)).toBe('3 streams, 1 connection.');
    expect(program.stderr).toBe('');
    expect(servers.stdout.match(/Mux client .* connected/g)).toHaveLength(1);
  });

  test('says in two lines that nobody is there, and what to do', async () => {
    const port = await freePort();
    await using program = new Program('mux', [], { environment: { HOST: '127.0.0.1', MUX_PORT: String(port) } });
    expect(await program.exit).toBe(1);
    expect(program.stderr).toBe(`No mux gateway at 127.0.0.1:${port}: nothing listens there.\nTo start one: npm start\n`);
  });

  test.each([
    ['hangs up', 'bye'],
    ['speaks something else', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ])('says in one line that what is there is no gateway: it %s', async (_, bytes) => {
    await using server = createTCPServer({ onConnection: (socket) => void socket.on('error', () => {}).end(bytes) });
    await using program = new Program('mux', ['--host', '127.0.0.1', '--port', String(server.address().port)]);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toMatch(/^No mux gateway answers there: [^\n]+\.\n$/);
  });

  test.each<[string, string[], Record<string, string>, object]>([
    ['nothing', [], {}, { host: 'localhost', port: 8084 }],
    ['flags', ['--host', '::1', '--port', '9'], { MUX_PORT: '8' }, { host: '::1', port: 9 }],
    ['variables', [], { HOST: 'h', MUX_PORT: '9', PORT: '5' }, { host: 'h', port: 9 }],
  ])('takes %s', (_, words, environment, expected) => {
    expect(readMuxArguments(words, environment)).toEqual(expected);
  });

  test('refuses a wrong port with exit code 2, and help fits an 80-column screen', () => {
    expect(() => readMuxArguments(['--port', 'x'], {})).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(readMuxArguments(['--help'], {})).toBe('help');
    for (const line of muxHelp.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
