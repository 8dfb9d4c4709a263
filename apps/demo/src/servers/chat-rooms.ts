// Who is in which room: two tables, nothing sent. Pure.

const MAX_ROOMS_PER_CLIENT = 100;
const nobody: ReadonlySet<string> = new Set();

/** The rooms of the chat server. A room exists as long as somebody is in it. */
export class ChatRooms {
  readonly #members = new Map<string, Set<string>>();
  readonly #rooms = new Map<string, Set<string>>();

  /** Who is in the room, in the order of joining. Live: it changes as they come and go. */
  members(room: string): ReadonlySet<string> {
    return this.#members.get(room) ?? nobody;
  }

  /** `'full'`: this client is in as many rooms as anybody may be. */
  join(client: string, room: string): 'joined' | 'already' | 'full' {
    const rooms = this.#rooms.get(client) ?? new Set();
    if (rooms.has(room)) return 'already';
    if (rooms.size >= MAX_ROOMS_PER_CLIENT) return 'full';
    this.#rooms.set(client, rooms.add(room));
    this.#members.set(room, (this.#members.get(room) ?? new Set()).add(client));
    return 'joined';
  }

  /** False if the client was not in it. */
  leave(client: string, room: string): boolean {
    const rooms = this.#rooms.get(client);
    const members = this.#members.get(room);
    if (rooms === undefined || members === undefined || !members.delete(client)) return false;
    rooms.delete(room);
    if (members.size === 0) this.#members.delete(room);
    if (rooms.size === 0) this.#rooms.delete(client);
    return true;
  }

  /** Leaves every room and gives their names. */
  leaveAll(client: string): string[] {
    const rooms = [...(this.#rooms.get(client) ?? [])];
    for (const room of rooms) this.leave(client, room);
    return rooms;
  }
}
