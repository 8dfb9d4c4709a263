// Tried as a new user would: the servers, `nc`, the chat client in two terminals, Ctrl-C. Each program has a pseudo
// terminal of its own, and the commands are the ones that the guide prints.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePort } from './free-port.js';
import { commandOf } from './program.js';
import { keys, missingPrograms, Terminal, type TerminalOptions } from './terminal.js';

const missing = missingPrograms('nc');
const open: Terminal[] = [];

function run(command: readonly string[], options?: TerminalOptions): Terminal {
  const terminal = new Terminal(command, options);
  open.push(terminal);
  return terminal;
}

/** The servers, and the commands of their guide. */
async function start(...words: string[]): Promise<{ server: Terminal; nc: string[]; chat: string[]; chatByHand: string[] }> {
  const server = run(commandOf('start', '--host', '127.0.0.1', ...words));
  await server.shows(/Ctrl-C stops them/);
  const [, nc = ''] = await server.shows(/echo +(nc \S+ \d+)/);
  const [, flags = ''] = await server.shows(/npm run chat(?: --)?(.*)/);
  const [, byHand = ''] = await server.shows(/(nc \S+ \d+)\n +By hand/);
  return { server, nc: nc.split(' '), chat: commandOf('chat', ...flags.split(' ').filter(Boolean)), chatByHand: byHand.split(' ') };
}

async function join(chat: readonly string[], name: string, options?: TerminalOptions): Promise<Terminal> {
  const terminal = run([...chat, '--name', name], options);
  await terminal.shows(new RegExp(`\\n${name}>$`));
  return terminal;
}

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((terminal) => terminal[Symbol.asyncDispose]()));
});

describe('a new user', () => {
  test('talks to echo with nc', async () => {
    const { server, nc } = await start('--port', '0');
    const echo = run(nc);
    await echo.shows(/Welcome to TCP server!/);
    echo.type('hello\n');
    await echo.shows(/\nEcho: hello/);
    expect(echo.screen()).toBe('Welcome to TCP server!\nhello\nEcho: hello');
    await server.shows(/Client connected: 127\.0\.0\.1:\d+\nReceived: hello$/);
    echo.type(keys.controlC);
    await server.shows(/Client disconnected/);
  });

  test('talks to chat with nc and the two lines of the guide', async () => {
    const { chatByHand } = await start('--port', '0');
    const peer = run(chatByHand);
    peer.type('16\n{"type":"ping"}\n');
    await peer.shows(/\n41\n\{"type":"pong","timestamp":\d{13}\}/);
    peer.type('hello\n');
    await peer.shows(/\{"type":"error","message":"header has/);
    expect(peer.screen()).toMatch(/^16\n\{"type":"ping"\}\n41\n\{.*\}hello\n\d+\n\{.*\}$/);
  });

  test('chats from two terminals', async () => {
    const { chat } = await start('--port', '0');
    const ana = await join(chat, 'ana');
    const bob = await join(chat, 'bob');
    const [, bobId = ''] = await ana.shows(/\* bob is here now \((127\.0\.0\.1:\d+)\)/);
    await bob.shows(/\* ana is here \(127\.0\.0\.1:\d+\)/);

    ana.type(`hello bob${keys.enter}`);
    await bob.shows(/\nana: hello bob\nbob>$/);

    bob.type(`/msg ana psst${keys.enter}`);
    await ana.shows(new RegExp(`\\[private\\] bob \\(${bobId}\\): psst`));
    ana.type(`/msg ${bobId} heard${keys.enter}`);
    await bob.shows(/\[private\] ana \(127\.0\.0\.1:\d+\): heard/);

    ana.type(`/msg nobody hi${keys.enter}`);
    await ana.shows(/The server says: Unknown target: nobody/);
    ana.type(`/dance${keys.enter}`);
    await ana.shows(/There is no \/dance\. \/help lists what there is\./);

    ana.type(`/ping${keys.enter}`);
    await ana.shows(/pong in [\d.]+ ms/);
    ana.type(`/whoami${keys.enter}`);
    await ana.shows(/You are ana \(127\.0\.0\.1:\d+\)\./);

    ana.type(`/join den${keys.enter}/ping${keys.enter}`);
    await ana.shows(/pong[^]*pong/);
    bob.type(`/join den${keys.enter}/room den cosy here${keys.enter}`);
    await ana.shows(/\* bob \(\S+\) joined room den\n\[den\] bob: cosy here/);

    bob.type(`/name robert${keys.enter}`);
    await ana.shows(/\* bob is now robert/);
    await bob.shows(/robert>$/);
    bob.type(`/quit${keys.enter}`);
    expect(await bob.exit).toBe(0);
    await ana.shows(/\* robert \(\S+\) left room den\n\* robert left\nana>$/);
    ana.type(keys.controlC);
    expect(await ana.exit).toBe(0);
  });

  test('keeps what is half typed, and the cursor in it, while lines arrive', async () => {
    const { chat } = await start('--port', '0');
    const ana = await join(chat, 'ana');
    const bob = await join(chat, 'bob', { columns: 30 });
    ana.type('half typed');
    await ana.shows(/ana> half typed$/);
    ana.type(keys.left.repeat(5));
    bob.type(`first${keys.enter}second${keys.enter}`);
    await ana.shows(/\nbob: first\nbob: second\nana> half typed$/);
    await ana.hasCursorAt('ana> half typed', 'ana> half '.length);

    // Over more than one row as well.
    const long = 'this line is longer than the thirty columns here, and then some';
    bob.type(long);
    await bob.shows(/then some$/);
    // One key at a time: Node puts all of a paste but its last character at the end of the line.
    ana.type('-');
    await ana.shows(/ana> half -typed$/);
    ana.type(keys.enter);
    await bob.shows(/ana: half -typed\n/);
    expect(bob.screen()).toMatch(new RegExp(`\\nana: half -typed\nbob> ${long}$`));
    expect(bob.screen().split('this line is longer').length).toBe(2);
    bob.type(keys.enter);
    await ana.shows(new RegExp(`bob: ${long}`));
  });

  test('sees escape sequences of a peer as text', async () => {
    const { chat } = await start('--port', '0');
    const ana = await join(chat, 'ana');
    const bob = run(['sh', '-c', `printf '\\033[2Jgone\\n' | "$@"`, 'sh', ...chat, '--name', 'bob']);
    await ana.shows(/bob: \\x1b\[2Jgone/);
    expect(await bob.exit).toBe(0);
    expect(ana.screen()).toContain('Connected to');
  });

  test('is told that the server is away, and is there again when it is', async () => {
    const port = await freePort();
    const ana = run(commandOf('chat', '--host', '127.0.0.1', '--port', String(port), '--name', 'ana'));
    await ana.shows(/No chat server at 127\.0\.0\.1:\d+: nothing listens there\. Ctrl-C stops trying\.\nTo start one: /);
    ana.type(`hello${keys.enter}`);
    await ana.shows(/Not sent: the server is away\.\n> hello$/);
    ana.type(' all');
    await ana.shows(/\n> hello all$/);
    const { server } = await start('--port', '0', '--chat-port', String(port));
    await ana.shows(/Connected to [^]*ana> hello all$/);

    server.type(keys.controlC);
    await ana.shows(/The server is shutting down\.\n(.*\n)*No chat server at/);
    expect(await server.exit).toBe(0);
    ana.type(keys.controlC);
    expect(await ana.exit).toBe(0);
  });

  test('who gives up on a server that was never there gets exit code 1', async () => {
    const ana = run(commandOf('chat', '--host', '127.0.0.1', '--port', String(await freePort())));
    await ana.shows(/nothing listens there/);
    ana.type(keys.controlD);
    expect(await ana.exit).toBe(1);
  });

  test('is not asked to wait where something else listens', async () => {
    const { nc } = await start('--port', '0');
    const ana = run(commandOf('chat', '--port', nc[2] ?? ''));
    expect(await ana.exit).toBe(1);
    await ana.shows(/This is not a chat server: /);
  });
});

describe('Ctrl-C at the servers', () => {
  test('ends them with 0 within three seconds, whoever is connected', async () => {
    const { server, nc, chat } = await start('--port', '0');
    const ana = await join(chat, 'ana');
    const echo = run(nc);
    await echo.shows(/Welcome/);
    const began = performance.now();
    server.type(keys.controlC);
    expect(await server.exit).toBe(0);
    expect(performance.now() - began).toBeLessThan(3000);
    await server.shows(/Stopping: 2 connections, at most 2 s \(press Ctrl-C again to force\)/);
    await ana.shows(/The server is shutting down/);
    expect(echo.screen()).not.toContain('server_shutdown');
  });

  test('a second time forces them while a peer that does not end holds the drain', async () => {
    const { server, chatByHand } = await start('--port', '0');
    const stuck = run(chatByHand);
    await server.shows(/Client \S+ connected/);
    server.type(keys.controlC);
    await stuck.shows(/server_shutdown/);
    // Later than what counts as one key press.
    await new Promise((resolve) => setTimeout(resolve, 150));
    const began = performance.now();
    server.type(keys.controlC);
    expect(await server.exit).toBe(130);
    expect(performance.now() - began).toBeLessThan(1000);
    await server.shows(/Stopped: 0 ended by themselves, 1 cut/);
  });
});
