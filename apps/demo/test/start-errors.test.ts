import { describe, expect, test } from 'vitest';
import { createTCPServer } from '@verb-tcp/testing';
import { Program } from './program.js';

describe('start', () => {
  test('says in one line which port is taken and what to do, and leaves nothing listening', async () => {
    await using taken = createTCPServer({ port: 0 });
    const { port } = taken.address();
    await using program = new Program('start', ['--host', '127.0.0.1', '--port', '0', '--chat-port', String(port)]);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toBe(
      `Port ${port} (chat) is taken. Stop what listens there, or choose another one with --chat-port or --port.\n`,
    );
  });

  test('says in one line that an address is not of this machine', async () => {
    await using program = new Program('start', ['--host', '192.0.2.1', '--port', '0']);
    expect(await program.exit).toBe(1);
    expect(program.stderr).toBe('192.0.2.1 is no address of this machine. Choose another one with --host.\n');
    expect(program.stdout).toBe('');
  });

  test('refuses wrong flags with exit code 2, before anything listens', async () => {
    await using program = new Program('start', ['--port', 'http']);
    expect(await program.exit).toBe(2);
    expect(program.stderr).toBe('--port must be an integer from 0 to 65531, got "http". Try --help.\n');
    expect(program.stdout).toBe('');
  });

  test('explains itself', async () => {
    await using program = new Program('start', ['--help']);
    expect(await program.exit).toBe(0);
    expect(program.stdout).toContain('--echo-port N');
  });
});
