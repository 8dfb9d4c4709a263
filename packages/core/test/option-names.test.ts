import { expect, it } from 'vitest';
import { createServer } from '../src/index.js';

it.each([
  [{ tcp: { onConection: () => undefined } }, 'there is no option tcp.onConection: did you mean tcp.onConnection?'],
  [{ tcp: { maxconnections: 1 } }, 'there is no option tcp.maxconnections: did you mean tcp.maxConnections?'],
  [{ tcp: { port: 1 } }, 'there is no option tcp.port: port stands beside tcp'],
  [{ tcp: { something: 1 } }, 'there is no option tcp.something'],
  [{ onConnection: () => undefined }, 'there is no option onConnection: it belongs into tcp, as tcp.onConnection'],
  [{ prot: 1 }, 'there is no option prot: did you mean port?'],
  [{ tpc: {} }, 'there is no option tpc'],
])('throws for %j, and sets nothing', (options, message) => {
  const server = createServer();
  expect(() => server.withOptions({ tcp: { maxConnections: 5 }, ...options } as never)).toThrowError(new TypeError(message));
  expect(server.stats().maxConnections).toBe(10_000);
});

it('takes what is undefined for absent', () => {
  expect(() => createServer().withOptions({ tcp: { other: undefined } as never, more: undefined } as never)).not.toThrow();
});

it('rejects a port that is text, and an empty host, and shows what it got', async () => {
  await expect(createServer().listen('8080' as never)).rejects.toThrowError(new RangeError('port must be an integer from 0 to 65535, got "8080"'));
  await expect(createServer().listen(0, '')).rejects.toThrowError(new TypeError('host must be a string that is not empty, got ""'));
  expect(() => createServer().withOptions({ host: '' })).toThrowError('host must be a string that is not empty, got ""');
});
