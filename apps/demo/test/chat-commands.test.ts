import { describe, expect, test } from 'vitest';
import { chatManual, commandNames, complete, parseCommand, type Command } from '../src/clients/chat-commands.js';

describe('a typed line', () => {
  test.each<[string, Command]>([
    ['hello', { kind: 'say', text: 'hello' }],
    ['  indented stays  ', { kind: 'say', text: '  indented stays' }],
    ['//etc/hosts', { kind: 'say', text: '/etc/hosts' }],
    ['', { kind: 'nothing' }],
    ['   ', { kind: 'nothing' }],
    ['/msg ana hi there', { kind: 'tell', target: 'ana', text: 'hi there' }],
    ['/msg   127.0.0.1:5   hi', { kind: 'tell', target: '127.0.0.1:5', text: 'hi' }],
    ['/name ana', { kind: 'rename', name: 'ana' }],
    ['/join den', { kind: 'join', room: 'den' }],
    ['/leave den', { kind: 'leave', room: 'den' }],
    ['/room den hi all', { kind: 'sayInRoom', room: 'den', text: 'hi all' }],
    ['/ping', { kind: 'ping' }],
    [' /whoami ', { kind: 'whoami' }],
    ['/who', { kind: 'who' }],
    ['/who den', { kind: 'members', room: 'den' }],
    ['/stats', { kind: 'stats' }],
    ['/help', { kind: 'help' }],
    ['/quit', { kind: 'quit' }],
  ])('%j is understood', (text, command) => {
    expect(parseCommand(text)).toEqual(command);
  });

  test.each([
    ['/dance', 'There is no /dance. /help lists what there is.'],
    ['/toString', 'There is no /toString. /help lists what there is.'],
    ['/', 'There is no /. /help lists what there is.'],
    ['/msg ana', 'Usage: /msg <name or id> <text>'],
    ['/msg', 'Usage: /msg <name or id> <text>'],
    ['/join', 'Usage: /join <room>'],
    ['/join two words', 'Usage: /join <room>'],
    ['/room den', 'Usage: /room <room> <text>'],
    ['/name', 'Usage: /name <name>'],
    ['/name a b', 'A name has 1 to 24 letters, digits, dots, dashes or underscores, and is no number.'],
    ['/ping now', 'Usage: /ping'],
    ['/stats all', 'Usage: /stats'],
    ['/who two words', 'Usage: /who [room]'],
    [`/join ${'x'.repeat(65)}`, 'The name of a room has at most 64 characters.'],
  ])('%j is a mistake that says what would be right', (text, reason) => {
    expect(parseCommand(text)).toEqual({ kind: 'mistake', reason });
  });

  test('the manual names every command and fits an 80-column screen', () => {
    for (const line of chatManual) expect(line.length).toBeLessThanOrEqual(80);
    const manual = chatManual.join('\n');
    expect(commandNames.filter((name) => !manual.includes(name))).toEqual(['/help']);
  });

  test.each<[string, string[], string]>([
    ['/w', ['/who', '/whoami'], '/w'],
    ['/msg a', ['ana ', 'al '], 'a'],
    ['/msg ', ['ana ', 'bob ', 'al '], ''],
    ['/msg ana he', [], ''],
    ['hel', [], ''],
  ])('%j completes', (text, completions, word) => {
    expect(complete(text, ['ana', 'bob', 'al'])).toEqual([completions, word]);
  });
});
