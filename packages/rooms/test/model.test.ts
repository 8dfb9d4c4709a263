// Random joins, leaves, removals, broadcasts, direct sends and writes of the application, against one plain queue for each
// member.
import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { it } from 'vitest';
import { TCPRoomManager } from '../src/index.js';
import { addMember, settled, type TestMember } from './members.js';
import { settings } from './property.js';

const IDS = ['a', 'b', 'c', 'd'];
const ROOMS = ['x', 'y', 'z'];
const id = fc.constantFrom(...IDS);
const room = fc.constantFrom(...ROOMS);
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), id }),
  fc.record({ do: fc.constant('remove' as const), id }),
  fc.record({ do: fc.constant('join' as const), id, room }),
  fc.record({ do: fc.constant('join' as const), id, room }),
  fc.record({ do: fc.constant('leave' as const), id, room }),
  fc.record({ do: fc.constant('room' as const), room, except: fc.option(id, { nil: undefined }) }),
  fc.record({ do: fc.constant('rooms' as const), rooms: fc.array(room), except: fc.option(id, { nil: undefined }) }),
  fc.record({ do: fc.constant('send' as const), id }),
  fc.record({ do: fc.constant('write' as const), id }),
  fc.record({ do: fc.constant('turn' as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What should be. */
class Model {
  readonly clients = new Map<string, { rooms: Set<string>; queue: unknown[] }>();
  readonly rooms = new Map<string, string[]>(ROOMS.map((name) => [name, []]));

  to(names: readonly string[], message: unknown, except?: string): void {
    const ids = new Set(names.flatMap((name) => this.rooms.get(name) ?? []));
    for (const one of ids) if (one !== except) this.clients.get(one)?.queue.push(message);
  }

  leave(who: string, name: string): void {
    if (!this.clients.get(who)?.rooms.delete(name)) return;
    this.rooms.set(name, (this.rooms.get(name) ?? []).filter((one) => one !== who));
    this.to([name], { type: 'user_left', connectionId: who, room: name });
  }

  join(who: string, name: string): void {
    const client = this.clients.get(who);
    if (client === undefined || client.rooms.has(name)) return;
    this.to([name], { type: 'user_joined', connectionId: who, room: name });
    client.rooms.add(name);
    this.rooms.get(name)?.push(who);
  }

  remove(who: string): void {
    for (const name of this.clients.get(who)?.rooms ?? []) this.leave(who, name);
    this.clients.delete(who);
  }
}

class Run {
  readonly manager = new TCPRoomManager();
  readonly model = new Model();
  /** Every member that ever was, with the queue it should have got. */
  readonly all: { member: TestMember; queue: unknown[] }[] = [];
  readonly #now = new Map<string, TestMember>();
  #n = 0;

  async take(one: Step): Promise<void> {
    const { manager, model } = this;
    const message = ++this.#n;
    switch (one.do) {
      case 'add':
        this.#add(one.id);
        return;
      case 'remove':
        model.remove(one.id);
        manager.removeClient(one.id);
        return;
      case 'join':
        model.join(one.id, one.room);
        manager.joinRoom(one.id, one.room);
        return;
      case 'leave':
        model.leave(one.id, one.room);
        manager.leaveRoom(one.id, one.room);
        return;
      case 'room':
        model.to([one.room], message, one.except);
        manager.broadcastToRoom(one.room, message, one.except);
        return;
      case 'rooms':
        model.to(one.rooms, message, one.except);
        manager.broadcastToRooms(one.rooms, message, one.except);
        return;
      case 'send':
        model.clients.get(one.id)?.queue.push(message);
        assert.equal(manager.sendTo(one.id, message), model.clients.has(one.id));
        return;
      case 'write':
        if (model.clients.has(one.id)) this.#now.get(one.id)?.socket.write('5\n"own"');
        model.clients.get(one.id)?.queue.push('own');
        return;
      case 'turn':
        await nextTurn();
    }
  }

  #add(who: string): void {
    this.model.remove(who);
    const queue: unknown[] = [];
    this.model.clients.set(who, { rooms: new Set(), queue });
    const member = addMember(this.manager, who);
    this.#now.set(who, member);
    this.all.push({ member, queue });
  }

  compare(): void {
    for (const { member, queue } of this.all) {
      const received = member.received.map((message) => {
        if (typeof message !== 'object') return message;
        const { timestamp, ...rest } = message;
        assert.equal(typeof timestamp, 'number');
        return rest;
      });
      assert.deepEqual(received, queue);
    }
    for (const [name, ids] of this.model.rooms) {
      assert.deepEqual(this.manager.getRoomMembers(name).map(({ connectionId }) => connectionId), ids);
      assert.equal(this.manager.size(name), ids.length);
    }
    for (const who of IDS) assert.deepEqual(this.manager.getClientRooms(who), [...(this.model.clients.get(who)?.rooms ?? [])]);
    const memberships = [...this.model.clients.values()].reduce((sum, { rooms }) => sum + rooms.size, 0);
    const stats = this.manager.stats();
    assert.deepEqual([stats.clients, stats.memberships, stats.droppedMessages], [this.model.clients.size, memberships, 0]);
  }
}

it('every member gets what a plain queue for it would hold, in that order', async () => {
  const steps = fc.array(step, { minLength: 1, maxLength: 80 });
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const run = new Run();
      for (const who of IDS) await run.take({ do: 'add', id: who });
      for (const one of taken) await run.take(one);
      await settled();
      run.compare();
      run.manager.close();
    }),
    settings,
  );
});
