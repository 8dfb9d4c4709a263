// Peers that cost a server: they drip a message byte by byte, or send without end and never read.
import type { Socket } from 'node:net';
import { encodeMessage } from '@verb-tcp/socket/message';
import { closed, dial } from '../dial.js';
import { ramp } from '../ramp.js';

export interface SlowClients {
  /**
   * `count` peers that each begin a message and send a byte of it every `interval` milliseconds, for as long as they may; not
   * all in the same moment.
   */
  drip(port: number, count: number, interval: number): Promise<void>;
  /** `count` peers that send messages of `bytes` each for as long as the server takes any, and read nothing. */
  flood(port: number, count: number, bytes: number): Promise<void>;
  /** Bytes that all of them got rid of. */
  sent(): number;
  /** Settles when all are gone. A peer that does not read does not notice: those go. */
  gone(): Promise<void>;
}

/** More than drips in any run, and little enough that its length allows it no more time. */
const MESSAGE = Buffer.from(encodeMessage({ text: 'x'.repeat(200) }));
const PHASES = 20;

export function slowClients(_settings: object): SlowClients {
  let sockets: Socket[] = [];
  let dripping: NodeJS.Timeout | undefined;

  const dialAll = async (port: number, count: number): Promise<void> => {
    sockets = [];
    await ramp(count, async () => void sockets.push(await dial({ port })));
  };

  return {
    async drip(port, count, interval) {
      await dialAll(port, count);
      for (const socket of sockets) socket.resume();
      const drips = sockets.map(() => 0);
      let phase = 0;
      dripping = setInterval(() => {
        for (let index = phase; index < sockets.length; index += PHASES) {
          const at = drips[index] as number;
          drips[index] = at + 1;
          if (sockets[index]?.writable === true) sockets[index]?.write(MESSAGE.subarray(at, at + 1));
        }
        phase = (phase + 1) % PHASES;
      }, interval / PHASES);
    },
    async flood(port, count, bytes) {
      await dialAll(port, count);
      const message = encodeMessage({ text: 'x'.repeat(bytes) });
      for (const socket of sockets) {
        socket.pause();
        const send = (): void => {
          while (socket.writable && socket.write(message));
        };
        socket.on('drain', send);
        send();
      }
    },
    sent: () => sockets.reduce((sum, { bytesWritten, writableLength }) => sum + bytesWritten - writableLength, 0),
    async gone() {
      if (dripping === undefined) for (const socket of sockets) socket.destroy();
      await Promise.all(sockets.map(closed));
      clearInterval(dripping);
      dripping = undefined;
    },
  };
}
