import { looksLike } from '@verb-tcp/socket/message';
import { describe, expect, test } from 'vitest';

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('the first bytes of a connection', () => {
  test.each([
    ['http', 'GET / HTTP/1.1\r\nHost: a'],
    ['http', 'OPTIONS * HTTP/1.1\r\n'],
    ['http', 'HTTP/1.1 200 OK\r\n'],
    ['http2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['tls', '\x16\x03\x01\x02\x00\x01\x00'],
    ['ssh', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['proxy', 'PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n'],
    ['proxy', '\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c'],
    ['redis', '*1\r\n$4\r\nPING\r\n'],
    ['redis', 'PING\r\n'],
    ['redis', '+PONG\r\n'],
    ['redis', '-ERR unknown command\r\n'],
    ['smb', '\x00\x00\x00\x45\xffSMB\x72'],
    ['smb', '\x00\x00\x00\x40\xfeSMB\x40'],
    ['json', '{"type":"ping"}'],
    ['json', ' \n[1]'],
  ])('of %s are known: %j', (protocol, text) => {
    expect(looksLike(latin1(text))).toBe(protocol);
  });

  test.each(['', 'hello', 'GETTING STARTED', 'get / http/1.1', '\x16', '\x16\x02\x01', 'PROXYISH', '-5\n', '\r\n\r\n', '15\n{"a":1}'])(
    'of anything else are not: %j',
    (text) => {
      expect(looksLike(latin1(text))).toBeUndefined();
    },
  );

  test('are enough: what stands far behind them does not matter', () => {
    expect(looksLike(latin1(`${'x'.repeat(20)}GET / HTTP/1.1`))).toBeUndefined();
  });

  test('may be a window into a larger buffer', () => {
    const bytes = new Uint8Array(latin1('xxSSH-2.0-x'));
    expect(looksLike(bytes.subarray(2))).toBe('ssh');
  });
});
