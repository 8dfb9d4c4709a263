// Clients that knock: some are let in and stay until they are told to leave, the others are turned away, and perhaps knock
// again.
import type { Socket } from 'node:net';
import { begin, closed } from '../dial.js';
import { IN_FLIGHT, ramp } from '../ramp.js';

export interface Knocks {
  /** Let in, and turned away: closed, or reset, before the first byte came. */
  served: number;
  turnedAway: number;
}

export interface KnockingClients {
  /** `count` clients knock once each; those who are let in stay. */
  knock(port: number, count: number): Promise<Knocks>;
  /** So many of those who are in leave; settles when they have gone. */
  leave(count: number): Promise<void>;
  /**
   * `clients` who are turned away come back `pause` milliseconds later, and so on for `milliseconds`. `unanswered` are the
   * knocks of which nothing was heard, neither yes nor no, some seconds after the last.
   */
  keepKnocking(port: number, clients: number, pause: number, milliseconds: number): Promise<Knocks & { unanswered: number }>;
  /** How many of those who are in get their answer when they ask. The server has to echo. */
  ask(): Promise<number>;
}

const ANSWER_MILLISECONDS = 10_000;

export function knockingClients(_settings: object): KnockingClients {
  const inside: Socket[] = [];

  /** Whether the client was let in; `undefined` where nothing was heard for ten seconds. */
  const knockOnce = async (port: number): Promise<boolean | undefined> => {
    const socket = begin({ port });
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<boolean | undefined>((resolve) => {
      socket.once('data', () => resolve(true));
      socket.once('close', () => resolve(false));
      timer = setTimeout(() => resolve(undefined), ANSWER_MILLISECONDS);
    });
    clearTimeout(timer);
    if (answer === true) inside.push(socket);
    else socket.destroy();
    return answer;
  };

  const tally = (knocks: Knocks, answer: boolean | undefined): void => {
    if (answer === true) knocks.served++;
    else knocks.turnedAway++;
  };

  return {
    async knock(port, count) {
      const knocks: Knocks = { served: 0, turnedAway: 0 };
      await ramp(count, async () => tally(knocks, await knockOnce(port)), IN_FLIGHT);
      return knocks;
    },
    async leave(count) {
      await Promise.all(inside.splice(0, count).map((socket) => closed(socket.end())));
    },
    async keepKnocking(port, clients, pause, milliseconds) {
      const knocks = { served: 0, turnedAway: 0, unanswered: 0 };
      const endAt = performance.now() + milliseconds;
      const lane = async (): Promise<void> => {
        while (performance.now() < endAt) {
          const answer = await knockOnce(port);
          if (answer === undefined) knocks.unanswered++;
          else tally(knocks, answer);
          await new Promise((resolve) => setTimeout(resolve, pause));
        }
      };
      await Promise.all(Array.from({ length: clients }, lane));
      return knocks;
    },
    async ask() {
      const answers = inside.map((socket) => {
        socket.write('?');
        return Promise.race([new Promise((resolve) => socket.once('data', () => resolve(1))), closed(socket)]);
      });
      return (await Promise.all(answers)).filter((answer) => answer === 1).length;
    },
  };
}
