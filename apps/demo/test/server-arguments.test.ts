import { describe, expect, test } from 'vitest';
import { readServerArguments, serverHelp } from '../src/server-arguments.js';

const host = '0.0.0.0';

describe('the flags of the servers', () => {
  test.each<[string, string, Record<string, string>, object]>([
    ['nothing: the documented ports', '', {}, { host, uploads: './uploads', ports: { echo: 8080, chat: 8081, files: 8082, binary: 8083, mux: 8084 } }],
    ['--port: the first of the ports', '--port 9000', {}, { host, uploads: './uploads', ports: { echo: 9000, chat: 9001, files: 9002, binary: 9003, mux: 9004 } }],
    ['--port 0: free ones', '--port=0', {}, { host, uploads: './uploads', ports: { echo: 0, chat: 0, files: 0, binary: 0, mux: 0 } }],
    ['the port of one server', '--echo-port 1', {}, { host, uploads: './uploads', ports: { echo: 1, chat: 8081, files: 8082, binary: 8083, mux: 8084 } }],
    ['one port before the first of the ports', '--chat-port 7 --port 9000', {}, { host, uploads: './uploads', ports: { echo: 9000, chat: 7, files: 9002, binary: 9003, mux: 9004 } }],
    ['--host', '--host ::1', {}, { host: '::1', uploads: './uploads', ports: { echo: 8080, chat: 8081, files: 8082, binary: 8083, mux: 8084 } }],
    ['variables', '', { PORT: '90', CHAT_PORT: '7', BINARY_PORT: '6', MUX_PORT: '5', HOST: 'h' }, { host: 'h', uploads: './uploads', ports: { echo: 90, chat: 7, files: 92, binary: 6, mux: 5 } }],
    ['a flag before a variable', '--port 9000', { CHAT_PORT: '7', ECHO_PORT: '8' }, { host, uploads: './uploads', ports: { echo: 9000, chat: 9001, files: 9002, binary: 9003, mux: 9004 } }],
    ['a variable set to nothing is absent', '', { PORT: '', HOST: '' }, { host, uploads: './uploads', ports: { echo: 8080, chat: 8081, files: 8082, binary: 8083, mux: 8084 } }],
    ['the -- that pnpm hands on', '-- --port 9000', {}, { host, uploads: './uploads', ports: { echo: 9000, chat: 9001, files: 9002, binary: 9003, mux: 9004 } }],
    ['the largest --port', '--port 65531', {}, { host, uploads: './uploads', ports: { echo: 65531, chat: 65532, files: 65533, binary: 65534, mux: 65535 } }],
  ])('take %s', (_, words, environment, expected) => {
    expect(readServerArguments(words.split(' ').filter(Boolean), environment)).toEqual(expected);
  });

  test.each<[string, Record<string, string>, string]>([
    ['--port 65532', {}, '--port must be an integer from 0 to 65531, got "65532". Try --help.'],
    ['--chat-port 65536', {}, '--chat-port must be an integer from 0 to 65535, got "65536". Try --help.'],
    ['--port -1', {}, "Option '--port' argument is ambiguous. Try --help."],
    ['--port=-1', {}, '--port must be an integer from 0 to 65531, got "-1". Try --help.'],
    ['--port=1e3', {}, '--port must be an integer from 0 to 65531, got "1e3". Try --help.'],
    ['--port=', {}, '--port must be an integer from 0 to 65531, got "". Try --help.'],
    ['--port', {}, "Option '--port <value>' argument missing. Try --help."],
    ['--prot 1', {}, "Unknown option '--prot'. Try --help."],
    ['8080', {}, "Unexpected argument '8080'. Try --help."],
    ['', { ECHO_PORT: '\x1b[2J' }, 'ECHO_PORT must be an integer from 0 to 65535, got "\\\\x1b[2J". Try --help.'],
    ['--echo-port 9 --chat-port 9', {}, 'echo and chat cannot both have port 9. Try --help.'],
    ['--chat-port 8083', {}, 'chat and binary cannot both have port 8083. Try --help.'],
  ])('refuse %s in one line', (words, environment, message) => {
    const read = (): unknown => readServerArguments(words.split(' ').filter(Boolean), environment);
    expect(read).toThrow(expect.objectContaining({ code: 'ERR_DEMO_ARGUMENT', exitCode: 2, message }));
  });

  test.each(['--help', '-h'])('%s asks for help', (word) => {
    expect(readServerArguments([word], {})).toBe('help');
  });

  test('help fits an 80-column screen and names each flag and variable', () => {
    for (const line of serverHelp.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    for (const name of ['--port', '--echo-port', '--chat-port', '--files-port', '--uploads', '--binary-port', '--mux-port', '--host', '--help', 'PORT', 'ECHO_PORT', 'CHAT_PORT', 'FILES_PORT', 'UPLOADS', 'BINARY_PORT', 'MUX_PORT', 'HOST']) {
      expect(serverHelp).toContain(name);
    }
  });
});
