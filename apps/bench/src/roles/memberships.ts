// What a membership, a room and a client weigh, and what is left after so many joins and leaves. Sockets are stand-ins, so
// that the heap holds nothing but what the rooms keep.
import { EventEmitter } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { TCPRoomManager } from '@verb-tcp/rooms';
import type { TCPSocket } from '@verb-tcp/socket';

export interface Weights {
  perClient: number;
  perMembership: number;
  /** With its first membership. */
  perRoom: number;
  /** Bytes for each join and leave, after all have left. */
  leftBehind: number;
  microsPerJoinAndLeave: number;
}

export async function memberships(
  settings: { clients: number; roomsPerClient: number; rounds: number },
  ready: (value: undefined) => void,
): Promise<Weights> {
  const { clients, roomsPerClient, rounds } = settings;
  ready(undefined);
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = (): number => {
    for (let n = 0; n < 3; n++) collect();
    return process.memoryUsage().heapUsed;
  };
  const ids = Array.from({ length: clients }, (_, n) => `127.0.0.1:${n}`);
  const shared = Array.from({ length: roomsPerClient }, (_, n) => `room-${n}`);
  const own = ids.map((id) => shared.map((room) => `${id}-${room}`));
  const sockets = ids.map(() => Object.assign(new EventEmitter(), { cork: () => {} }) as unknown as TCPSocket);
  for (const socket of sockets) socket.on('close', () => {}).on('error', () => {});
  const manager = new TCPRoomManager({ notify: false, maxRooms: Infinity, maxRoomsPerClient: Infinity });

  const empty = heap();
  for (const [n, id] of ids.entries()) manager.addClient(id, sockets[n] as TCPSocket);
  const withClients = heap();
  for (const id of ids) for (const room of shared) manager.joinRoom(id, room);
  const withMemberships = heap();
  for (const id of ids) for (const room of shared) manager.leaveRoom(id, room);
  const before = heap();
  let micros = 0;
  let withRooms = 0;
  for (let round = 0; round < rounds; round++) {
    const begun = process.cpuUsage();
    for (const [n, id] of ids.entries()) for (const room of own[n] as string[]) manager.joinRoom(id, room);
    const joined = process.cpuUsage(begun);
    if (round === 0) withRooms = heap();
    const middle = process.cpuUsage();
    for (const [n, id] of ids.entries()) for (const room of own[n] as string[]) manager.leaveRoom(id, room);
    const left = process.cpuUsage(middle);
    micros += joined.user + joined.system + left.user + left.system;
  }
  const count = clients * roomsPerClient;
  const { memberships: still, rooms: stillRooms } = manager.stats();
  if (still + stillRooms > 0) throw new Error(`${still} memberships and ${stillRooms} rooms are left`);
  return {
    perClient: (withClients - empty) / clients,
    perMembership: (withMemberships - withClients) / count,
    perRoom: (withRooms - before) / count,
    leftBehind: (heap() - before) / (count * rounds),
    microsPerJoinAndLeave: micros / (count * rounds),
  };
}
