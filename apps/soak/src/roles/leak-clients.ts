// Clients that exchange one message and go, each in its own way: they end, they reset, they leave a message unfinished, or
// send what is none.
import type { Socket } from 'node:net';
import { encodeMessage } from '@verb-tcp/socket/message';
import { closed, dial } from '../dial.js';
import { ramp } from '../ramp.js';
import { createRandom } from '../random.js';

export interface LeakClientsSettings {
  seed: number;
}

export interface LeakClients {
  comeAndGo(port: number, count: number): Promise<void>;
}

const MESSAGE = encodeMessage({ type: 'ping', text: 'x'.repeat(200) });

const farewells: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.end(),
  (socket) => socket.destroy(),
  (socket) => socket.resetAndDestroy(),
  (socket) => socket.end(Buffer.from(MESSAGE).subarray(0, 20)),
  (socket) => socket.write('nonsense'),
];

export function leakClients({ seed }: LeakClientsSettings): LeakClients {
  const random = createRandom(seed);
  return {
    comeAndGo: (port, count) =>
      ramp(
        count,
        async () => {
          const socket = await dial({ port });
          socket.write(MESSAGE);
          // The answer: the server has it, and will miss nothing of what comes.
          await Promise.race([new Promise((resolve) => socket.once('data', resolve)), closed(socket)]);
          (farewells[random(farewells.length)] as (socket: Socket) => void)(socket);
          await closed(socket.resume());
        },
        64,
      ),
  };
}
