// Three people in two rooms, as new users would meet: two with the chat client, one with `nc` and frames typed by hand.
// And the binary echo server, with the command of the guide.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { commandOf } from './program.js';
import { keys, missingPrograms, Terminal } from './terminal.js';

const missing = missingPrograms('nc', 'od');
const open: Terminal[] = [];

function run(command: readonly string[]): Terminal {
  const terminal = new Terminal(command);
  open.push(terminal);
  return terminal;
}

async function start(): Promise<Terminal> {
  const server = run(commandOf('start', '--host', '127.0.0.1', '--port', '0'));
  await server.shows(/Ctrl-C stops them/);
  return server;
}

/** A frame as a person types it: its length, counting the line end, and the message. */
function typeFrame(terminal: Terminal, message: object): void {
  const json = JSON.stringify(message);
  terminal.type(`${json.length + 1}\n${json}\n`);
}

beforeEach((context) => {
  if (missing !== undefined) context.skip(missing);
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((terminal) => terminal[Symbol.asyncDispose]()));
});

describe('three people in two rooms', () => {
  test('hear what is said in theirs and nothing else, whatever they type it with', async () => {
    const server = await start();
    const [, flags = ''] = await server.shows(/npm run chat(?: --)?(.*)/);
    const [, byHand = ''] = await server.shows(/(nc \S+ \d+)\n +By hand/);
    const chat = commandOf('chat', ...flags.split(' ').filter(Boolean));
    const ana = run([...chat, '--name', 'ana']);
    await ana.shows(/\nana>$/);
    const bob = run([...chat, '--name', 'bob']);
    const [, anaId = ''] = await bob.shows(/\* ana is here \((\S+)\)/);
    const [, bobId = ''] = await ana.shows(/\* bob is here now \((\S+)\)/);
    const hand = run(byHand.split(' '));
    typeFrame(hand, { type: 'whoami' });
    const [, handId = ''] = await hand.shows(/"type":"whoami","id":"([^"]+)"/);

    // ana is in both rooms, bob in the den, the one with nc in the attic.
    ana.type(`/join den${keys.enter}`);
    await ana.shows(/\nYou joined room den\. Nobody else is there\.\nana>$/);
    bob.type(`/join den${keys.enter}`);
    await bob.shows(new RegExp(`\\nYou joined room den, with ana \\(${anaId}\\)\\.\\nbob>$`));
    await ana.shows(new RegExp(`\\n\\* bob \\(${bobId}\\) joined room den\\nana>$`));
    typeFrame(hand, { type: 'join_room', room: 'attic' });
    typeFrame(hand, { type: 'room_members', room: 'attic' });
    await hand.shows(new RegExp(`\\{"type":"room_members","room":"attic","members":\\["${handId}"\\]\\}`));
    ana.type(`/join attic${keys.enter}`);
    await ana.shows(new RegExp(`\\nYou joined room attic, with ${handId}\\.\\nana>$`));
    await hand.shows(new RegExp(`\\{"type":"user_joined","connectionId":"${anaId}","room":"attic","timestamp":\\d+\\}`));

    typeFrame(hand, { type: 'room_message', room: 'attic', data: 'dusty' });
    await ana.shows(/\n\[attic\] somebody: dusty\nana>$/);
    ana.type(`/room attic indeed${keys.enter}`);
    await hand.shows(/\{"type":"room_message","room":"attic","data":\{[^}]*"name":"ana","text":"indeed"\},"timestamp":\d+\}/);
    bob.type(`/room den cosy${keys.enter}`);
    await ana.shows(/\n\[den\] bob: cosy\nana>$/);
    // Not in it, so not heard there, and told so.
    bob.type(`/room attic hello?${keys.enter}`);
    await bob.shows(/\nThe server says: Not in room: attic\nbob>$/);
    typeFrame(hand, { type: 'room_message', room: 'den', data: 'hello?' });
    await hand.shows(/\{"type":"error","message":"Not in room: den"\}/);

    bob.type(`/who attic${keys.enter}`);
    await bob.shows(new RegExp(`\\nIn room attic: ${handId}, ana \\(${anaId}\\)\\.\\nbob>$`));
    ana.type(`/who den${keys.enter}`);
    await ana.shows(new RegExp(`\\nIn room den: you, bob \\(${bobId}\\)\\.\\nana>$`));
    bob.type(`/stats${keys.enter}`);
    await bob.shows(/\n3 connections:\n {2}you \(\S+\) +here for \d+ s +silent for \d+ s +sent \S+ k?B +got \S+ k?B\n {2}ana \(/);

    ana.type(`/leave attic${keys.enter}`);
    await ana.shows(/\nYou left room attic\.\nana>$/);
    await hand.shows(new RegExp(`\\{"type":"user_left","connectionId":"${anaId}","room":"attic","timestamp":\\d+\\}`));
    hand.type(keys.controlC);
    await hand.exit;
    bob.type(`/who attic${keys.enter}`);
    await bob.shows(/\nNobody is in room attic\.\nbob>$/);
    bob.type(keys.controlC);
    expect(await bob.exit).toBe(0);
    await ana.shows(new RegExp(`\\n\\* bob \\(${bobId}\\) left room den\\n\\* bob left\\nana>$`));

    expect(bob.screen()).not.toMatch(/dusty|indeed/);
    expect(hand.screen()).not.toContain('cosy');
  });
});

describe('the binary echo server', () => {
  test('answers the heartbeat of the guide, and gives a message back', async () => {
    const server = await start();
    const [, command = ''] = await server.shows(/binary +(printf .*)/);
    const heartbeat = run(['sh', '-c', command]);
    const data = run(['sh', '-c', command.replace(/'[^']*'/, String.raw`'\0\020\0\0\0\2\0\7hi'`)]);
    expect(await heartbeat.exit).toBe(0);
    expect(heartbeat.screen()).toMatch(/^0000000 +\\0 002 +\\0 +\\0 +\\0 004 +\\0 +\\0 +p +o +n +g\n0000014$/);
    expect(await data.exit).toBe(0);
    expect(data.screen()).toMatch(/^0000000 +\\0 020 +\\0 +\\0 +\\0 002 +\\0 +\\a +h +i\n0000012$/);
    await server.shows(/Binary client \S+ connected/);
  });
});
