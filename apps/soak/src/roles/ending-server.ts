// A server that writes down, connection by connection, what core told about it, and compares that with what should have
// been told.
import type { Socket } from 'node:net';
import { createServer, TCPServerManager, type ConnectionInfo, type TCPServer } from '@verb-tcp/core';
import type { Certificate } from '../certificate.js';
import { HOST } from '../dial.js';
import { endNamed, type End, type Told } from '../ends.js';
import { until } from '../until.js';

export interface EndingServerSettings {
  certificate: Certificate;
}

export interface Ledger {
  connections: number;
  /** What is not as it should be, in words, one each; the first of them. */
  differences: string[];
  count: number;
  /** Slots that did not come back: `open`, `handshaking`, and sockets still listed. */
  slots: number;
}

export interface EndingServer {
  listen(end: string, atOnce: number): Promise<number>;
  /** Settles when all was told of `count` more connections and their slots are back, with true; with false when it never is. */
  settle(count: number): Promise<boolean>;
  /** Waits until `count` are there, ends all of them in the way that is under test, and settles as above. */
  endAll(count: number): Promise<boolean>;
  /** Closes the server, and settles. */
  ledger(): Promise<Ledger>;
}

interface Entry {
  told: Told[];
  reasons: string[];
}

const MAX_DIFFERENCES = 5;
/** Far above what the last event takes to come. */
const SETTLE_MILLISECONDS = 20_000;

export function endingServer({ certificate }: EndingServerSettings): EndingServer {
  let trial: Trial | undefined;
  const current = (): Trial => trial as Trial;
  return {
    listen(end, atOnce) {
      trial = new Trial(endNamed(end), atOnce, certificate);
      return trial.listen();
    },
    settle: (count) => current().settle(count),
    endAll: (count) => current().endAll(count),
    ledger: () => current().ledger(),
  };
}

class Trial {
  readonly #end: End;
  readonly #entries = new Map<number, Entry>();
  readonly #server: TCPServer;
  /** Connections about which all was told that should have been. */
  #over = 0;
  #settled = 0;
  #port = 0;

  constructor(end: End, atOnce: number, certificate: Certificate) {
    this.#end = end;
    this.#server = createServer().withOptions({
      host: HOST,
      tcp: {
        // Exactly as many as come at once: a slot that does not come back turns somebody away in the next wave.
        maxConnections: atOnce,
        accept: (info) => this.#tell(info, 'accept'),
        onConnection: (socket, info) => {
          this.#tell(info, 'served');
          return this.#onConnection(socket);
        },
        onRefuse: (reason, info) => this.#tell(info, 'refuse', reason),
        onDisconnect: (info, { reason }) => this.#tell(info, 'disconnect', codeOf(reason)),
        onError: () => {},
        ...withoutAccept(end, certificate),
      },
    });
    const { accept } = end.options(certificate);
    if (accept !== undefined) this.#server.withOptions({ tcp: { accept } });
  }

  async listen(): Promise<number> {
    ({ port: this.#port } = await this.#server.listen(this.#port));
    return this.#port;
  }

  async settle(count: number): Promise<boolean> {
    this.#settled += count;
    const isSettled = (): boolean => this.#over >= this.#settled && this.#slots() === 0;
    await until(isSettled, () => 'the ledger tells', SETTLE_MILLISECONDS).catch(() => {});
    return isSettled();
  }

  async endAll(count: number): Promise<boolean> {
    const here = (): number => this.#server.stats().open + this.#server.stats().handshaking;
    await until(() => here() === count, () => `${count} are there, ${here()} are`);
    if (this.#end.allAtOnce === 'signal') {
      const manager = new TCPServerManager(this.#server, { exit: false, gracePeriod: 30_000 });
      process.kill(process.pid, 'SIGTERM');
      // Joins the one that the signal begins, which is not yet there.
      await new Promise((resolve) => process.once('SIGTERM', resolve));
      await manager.gracefulShutdown();
    } else {
      await this.#server.shutdown({ gracePeriod: this.#end.move === 'stay half-open' ? 100 : 10_000 });
    }
    const isSettled = await this.settle(count);
    await this.listen();
    return isSettled;
  }

  async ledger(): Promise<Ledger> {
    const slots = this.#slots();
    await this.#server.shutdown({ gracePeriod: 0 });
    const faults = [...this.#entries].flatMap(([id, entry]) => this.#faultsOf(id, entry));
    if (this.#entries.size !== this.#settled) faults.push(`${this.#entries.size} connections came in place of ${this.#settled}`);
    return { connections: this.#entries.size, differences: faults.slice(0, MAX_DIFFERENCES), count: faults.length, slots };
  }

  #onConnection(socket: Socket): unknown {
    // Greeted: the client then knows that it is not merely in the queue.
    if (this.#end.told.includes('served')) socket.write('.');
    socket.resume();
    return this.#end.onConnection?.(socket);
  }

  #tell({ id }: ConnectionInfo, told: Told, reason?: string): true {
    let entry = this.#entries.get(id);
    if (entry === undefined) this.#entries.set(id, (entry = { told: [], reasons: [] }));
    entry.told.push(told);
    if (reason !== undefined) entry.reasons.push(reason);
    if (entry.told.length === this.#end.told.length) this.#over++;
    return true;
  }

  #slots(): number {
    const { open, handshaking } = this.#server.stats();
    return open + handshaking + this.#server.connections.size;
  }

  #faultsOf(id: number, { told, reasons }: Entry): string[] {
    const faults: string[] = [];
    if (told.join() !== this.#end.told.join()) faults.push(`connection ${id}: ${told.join(', ') || 'nothing'}`);
    const strange = reasons.find((reason) => !this.#end.reasons.includes(reason));
    if (strange !== undefined) faults.push(`connection ${id}: ended with ${strange || 'no reason'}`);
    return faults;
  }
}

/** Of an end that comes with an `accept`, ours has to be the first, so that every connection is noted. */
function withoutAccept(end: End, certificate: Certificate): object {
  const { accept: _, ...options } = end.options(certificate);
  return options;
}

function codeOf(reason: Error | undefined): string {
  return reason === undefined ? '' : ((reason as NodeJS.ErrnoException).code ?? reason.message);
}
