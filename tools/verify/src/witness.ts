// A server of @verb-tcp/core that echoes, and writes down what its handlers were told. It never changes what core does.
import type { Socket } from 'node:net';
import { createServer, type ConnectionInfo, type Disconnection, type ServerOptions, type TCPOptions, type TCPServer } from '@verb-tcp/core';
import { Mailbox } from './mailbox.js';
import type { Scope } from './scope.js';

export interface Arrival {
  readonly socket: Socket;
  readonly info: ConnectionInfo;
}

export interface Refusal {
  readonly code: string;
  readonly info: ConnectionInfo;
  /** By `performance.now()`. */
  readonly at: number;
}

export class Witness {
  readonly server: TCPServer;
  /** What `onConnection`, `onRefuse` and `onDisconnect` saw. */
  readonly arrivals = new Mailbox<Arrival>();
  readonly refusals = new Mailbox<Refusal>();
  readonly departures = new Mailbox<Disconnection>();
  /** What `onError` was told: none, in all of these checks. */
  readonly faults: Error[] = [];
  port = 0;

  private constructor(options: ServerOptions, isEcho: boolean) {
    this.server = createServer().withOptions({ host: '127.0.0.1', ...options }).withOptions({
      tcp: {
        onConnection: (socket, info) => {
          this.arrivals.put({ socket, info });
          if (isEcho) socket.pipe(socket);
        },
        onDisconnect: (_, end) => this.departures.put(end),
        onRefuse: (code, info) => this.refusals.put({ code, info, at: performance.now() }),
        onError: (error) => this.faults.push(error),
      },
    });
  }

  /** Listens on a free port, or where `options` say. */
  static async listen(scope: Scope, tcp: TCPOptions, { isEcho = true, ...rest }: ServerOptions & { isEcho?: boolean } = {}): Promise<Witness> {
    const witness = new Witness({ ...rest, tcp }, isEcho);
    const address = await witness.server.listen();
    if (typeof address === 'object') witness.port = address.port;
    scope.defer(async () => {
      await witness.server.shutdown({ gracePeriod: 0 });
      if (witness.faults.length > 0) throw new Error(`the server reported ${witness.faults.map(String).join('; ')}`);
    });
    return witness;
  }

  /** How often it refused, by code. */
  get refused(): Record<string, number> {
    return this.server.stats().refusedByCode;
  }
}
