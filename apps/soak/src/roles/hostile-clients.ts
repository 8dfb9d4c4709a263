// Clients that send what is no message, each in pieces of its own, and see what becomes of them.
import { bytesOf, type Attack } from '../attack.js';
import { closed, dial } from '../dial.js';

export interface HostileClients {
  /** All at once; settles when all of them are gone. Their own ports, in the same order. */
  attack(port: number, attacks: Attack[]): Promise<(number | undefined)[]>;
}

export function hostileClients(_settings: object): HostileClients {
  return {
    async attack(port, attacks) {
      // All connected before one of them ends: their ports then tell them apart.
      const sockets = await Promise.all(attacks.map(() => dial({ port })));
      const ports = sockets.map(({ localPort }) => localPort);
      await Promise.all(
        sockets.map(async (socket, index) => {
          const attack = attacks[index] as Attack;
          const bytes = bytesOf(attack);
          socket.resume();
          if (attack.cut > 0) {
            socket.write(bytes.subarray(0, attack.cut));
            await new Promise((resolve) => setImmediate(resolve));
          }
          socket.end(bytes.subarray(attack.cut));
          await closed(socket);
        }),
      );
      return ports;
    },
  };
}
