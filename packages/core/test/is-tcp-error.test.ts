import { expect, it } from 'vitest';
import { isTCPError, TCPError } from '../src/index.js';

it('tells an error of this package, also of another copy of it', () => {
  const copied = Object.assign(new Error('gone'), { name: 'TCPError', code: 'ERR_TCP_CLOSED' });
  expect([new TCPError('ERR_TCP_CLOSED', 'gone'), copied].map(isTCPError)).toEqual([true, true]);
  expect([new Error('gone'), Object.assign(new Error('gone'), { code: 'ECONNRESET' }), undefined, 'TCPError'].map(isTCPError)).toEqual([false, false, false, false]);
});
