import { describe, expect, test } from 'vitest';
import { chatHelp, readChatArguments } from '../src/clients/chat-arguments.js';

describe('the flags of the chat client', () => {
  test.each<[string, string[], Record<string, string>, object]>([
    ['nothing', [], {}, { host: 'localhost', port: 8081, name: undefined }],
    ['flags', ['--host', '::1', '--port', '9', '--name', 'ana'], {}, { host: '::1', port: 9, name: 'ana' }],
    ['variables', [], { HOST: 'h', CHAT_PORT: '9', CHAT_NAME: 'bob' }, { host: 'h', port: 9, name: 'bob' }],
    ['a flag before a variable', ['--port', '9'], { CHAT_PORT: '8' }, { host: 'localhost', port: 9, name: undefined }],
    ['nothing of PORT, which is the echo server', [], { PORT: '5' }, { host: 'localhost', port: 8081, name: undefined }],
  ])('take %s', (_, words, environment, expected) => {
    expect(readChatArguments(words, environment)).toEqual(expected);
  });

  test.each<[string[], string]>([
    [['--port', 'x'], '--port must be an integer from 0 to 65535, got "x". Try --help.'],
    [['--name', 'two words'], 'A name has 1 to 24 letters, digits, dots, dashes or underscores, and is no number. Try --help.'],
    [['--name', '53422'], 'A name has 1 to 24 letters, digits, dots, dashes or underscores, and is no number. Try --help.'],
  ])('refuse %j in one line', (words, message) => {
    expect(() => readChatArguments(words, {})).toThrow(expect.objectContaining({ exitCode: 2, message }));
  });

  test('help fits an 80-column screen', () => {
    expect(readChatArguments(['--help'], {})).toBe('help');
    for (const line of chatHelp.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });
});
