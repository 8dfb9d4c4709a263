// Reads the PROXY header off a fresh socket, before anybody else reads: takes no byte behind it, starts no flow, and
// leaves no listener. What the header may look like is `ProxyHeaderDecoder`'s business.
import type { Socket } from 'node:net';
import { TCPError } from './errors.js';
import type { ProxyProtocol } from './options.js';
import { ProxyHeaderDecoder, type ProxyHeader } from './proxy-protocol.js';

/**
 * The header, once it is whole. Rejects with `ERR_TCP_PROXY_INVALID`, `ERR_TCP_PROXY_TOO_LONG`, or where the socket
 * ended before with `ERR_TCP_PROXY_TRUNCATED`; the socket is then the caller's to destroy.
 */
export function readProxyHeader(socket: Socket, expected: ProxyProtocol): Promise<ProxyHeader> {
  return new Promise((resolve, reject) => {
    const decoder = new ProxyHeaderDecoder(expected);
    const settle = (): void => {
      socket.off('readable', onReadable).off('end', onEnd).off('close', onEnd);
    };
    const onReadable = (): void => {
      for (let chunk = socket.read() as Buffer | null; chunk !== null; chunk = socket.read() as Buffer | null) {
        let header: ProxyHeader | undefined;
        try {
          header = decoder.push(chunk);
        } catch (error) {
          settle();
          return reject(error);
        }
        if (header === undefined) continue;
        settle();
        const rest = decoder.rest();
        if (rest.length > 0) socket.unshift(rest);
        // In this tick Node undoes what 'readable' did to the flow, and would resume a socket that was paused meanwhile.
        process.nextTick(resolve, header);
        return;
      }
    };
    const onEnd = (): void => {
      settle();
      reject(new TCPError('ERR_TCP_PROXY_TRUNCATED', `the connection ended ${decoder.hasBegun ? 'within' : 'before'} its PROXY header`));
    };
    socket.on('readable', onReadable).on('end', onEnd).on('close', onEnd);
  });
}
