// Clients that come in waves, each of whom ends its connection, or has it ended, in one way.
import type { Socket } from 'node:net';
import { begin, closed } from '../dial.js';
import { endNamed, type End } from '../ends.js';
import { createRandom, type Random } from '../random.js';

export interface EndingClientsSettings {
  ca: string;
  seed: number;
}

export interface EndingClients {
  /** `count` clients at once; settles when each has done what it does. */
  come(end: string, port: number, count: number): Promise<void>;
  /** Those who stayed leave; settles when all are gone. */
  leave(): Promise<void>;
}

const NONSENSE = 'GET / HTTP/1.1\r\n\r\n';

export function endingClients({ ca, seed }: EndingClientsSettings): EndingClients {
  const random = createRandom(seed);
  let sockets: Socket[] = [];
  return {
    async come(name, port, count) {
      const end = endNamed(name);
      const { move } = end;
      sockets = Array.from({ length: count }, () =>
        begin({ port, ca: end.tls === true ? ca : undefined, allowHalfOpen: move === 'stay half-open' }),
      );
      await Promise.all(sockets.map((socket) => act(socket, end, random)));
    },
    async leave() {
      for (const socket of sockets) socket.destroy();
      await Promise.all(sockets.map(closed));
    },
  };
}

/** Whoever waits to be ended has nothing more to do once it has closed, or once all of them are to be ended together. */
async function act(socket: Socket, end: End, random: Random): Promise<void> {
  const { move, says, told, allAtOnce } = end;
  if (move === 'do not read') socket.pause();
  else socket.resume();
  // The server greets those whom it serves, but whoever reads nothing does not hear it.
  const isGreeted = told.includes('served') && move !== 'do not read';
  await Promise.race([new Promise((resolve) => socket.once(isGreeted ? 'data' : 'connect', resolve)), closed(socket)]);
  if (move === 'end') socket.end(says ?? 'x'.repeat(random(100)));
  else if (move === 'end when told') socket.once('data', () => socket.end());
  else if (move === 'reset') resetLater(socket, random);
  else if (move === 'send bytes') socket.write('bytes');
  else if (move === 'send nonsense') socket.write(NONSENSE);
  if (allAtOnce === undefined && move !== 'do not read') await closed(socket);
}

/** With something on its way, or nothing, in this turn or in the next. */
function resetLater(socket: Socket, random: Random): void {
  if (random(2) === 0) socket.write('x'.repeat(random(100)));
  if (random(2) === 0) socket.resetAndDestroy();
  else setImmediate(() => socket.resetAndDestroy());
}
