// Taking a port, and what to say when that fails: which port, why, what to do.
import type { TCPServer } from '@verb-tcp/core';
import { DemoError } from './errors.js';
import { printable } from './printable.js';
import type { ServerName } from './server-arguments.js';

/**
 * Listens and gives the real port.
 * @throws {DemoError} `ERR_DEMO_LISTEN`
 */
export async function listenOn(name: ServerName, app: TCPServer, port: number, host: string): Promise<number> {
  try {
    return (await app.listen(port, host)).port;
  } catch (cause) {
    const reason = listenFailure(name, port, printable(host, 100), cause as NodeJS.ErrnoException);
    throw new DemoError('ERR_DEMO_LISTEN', reason, { cause });
  }
}

/** Whether an error that reached `onError` is one that `listenOn` says already. */
export function isListenError(error: NodeJS.ErrnoException): boolean {
  return error.syscall === 'listen' || error.syscall === 'getaddrinfo';
}

function listenFailure(name: ServerName, port: number, host: string, { code, message }: NodeJS.ErrnoException): string {
  const flag = `--${name}-port`;
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} (${name}) is taken. Stop what listens there, or choose another one with ${flag} or --port.`;
    case 'EACCES':
      return `Port ${port} (${name}) needs rights that this user lacks. Choose one from 1024 with ${flag} or --port.`;
    case 'EADDRNOTAVAIL':
      return `${host} is no address of this machine. Choose another one with --host.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${host} has no address. Choose another one with --host.`;
    default:
      return `Port ${port} (${name}) cannot be listened on: ${message}.`;
  }
}
