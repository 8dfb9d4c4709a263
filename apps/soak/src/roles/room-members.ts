// Members of a room that read all they get and notice what is missing or out of order; and one that never reads.
import type { Socket } from 'node:net';
import { MessageHandler } from '@verb-tcp/framing-json';
import { dial } from '../dial.js';
import { now } from '../shared-clock.js';
import { quantile } from '../statistics.js';
import { until } from '../until.js';
import type { Numbered } from './room-server.js';

export interface Deliveries {
  received: number;
  /** Messages that came out of order, or behind a gap. */
  wrong: number;
  /** Members that are not connected any more. */
  lost: number;
  /** Microseconds from the call that sent to the listener that got. */
  p50: number;
  p99: number;
}

export interface RoomMembers {
  join(port: number, count: number): Promise<void>;
  /** One more, which never reads. */
  stall(port: number): Promise<void>;
  /** The one that never reads leaves. */
  unstall(): void;
  /** Settles when so many messages in all have come since it was last asked, or members are lost. */
  deliveries(count: number): Promise<Deliveries>;
}

export function roomMembers(_settings: object): RoomMembers {
  const members: Socket[] = [];
  let stalled: Socket | undefined;
  let times: number[] = [];
  let wrong = 0;
  let lost = 0;

  const member = (socket: Socket): void => {
    let next: number | undefined;
    const handler = new MessageHandler<Numbered>(socket);
    handler.on('message', ({ number, at }) => {
      times.push(now() - at);
      if (next !== undefined && number !== next) wrong++;
      next = number + 1;
    });
    handler.on('error', () => {});
    handler.on('close', () => lost++);
  };
  return {
    async join(port, count) {
      for (let n = 0; n < count; n++) {
        const socket = await dial({ port });
        members.push(socket);
        member(socket);
      }
    },
    async stall(port) {
      stalled = await dial({ port });
      stalled.pause();
    },
    unstall() {
      stalled?.destroy();
    },
    async deliveries(count) {
      await until(() => times.length >= count || lost > 0, () => `${count} messages came, ${times.length} did`);
      const found = { received: times.length, wrong, lost, p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
      times = [];
      wrong = 0;
      return found;
    },
  };
}
