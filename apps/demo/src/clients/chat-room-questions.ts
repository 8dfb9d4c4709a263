// Who is in a room: what was asked, and the line that the answer makes of it. Pure.
import type { ChatRoster } from './chat-roster.js';
import { joinedLine, membersLine, personText, type Line } from './chat-lines.js';

interface Question {
  readonly room: string;
  /** Asked behind a `join_room`: the answer tells whether we are in. */
  readonly isJoin: boolean;
}

/** What is known here when an answer comes. */
export interface Asker {
  readonly id: string | undefined;
  /** The rooms we want to be in. One that did not take us is taken out. */
  readonly rooms: Set<string>;
  readonly roster: ChatRoster;
}

export class RoomQuestions {
  /** In the order of asking, which is the order of the answers. */
  readonly #questions: Question[] = [];

  add(question: Question): void {
    this.#questions.push(question);
  }

  /** `undefined` where there is nothing to say: the server has said why we are not in. */
  answer(room: string, members: unknown, { id, rooms, roster }: Asker): Line | undefined {
    const place = this.#questions.findIndex((question) => question.room === room);
    const [question] = place < 0 ? [] : this.#questions.splice(place, 1);
    const ids = Array.isArray(members) ? members.filter((member) => typeof member === 'string') : [];
    const isIn = id !== undefined && ids.includes(id);
    const others = ids.filter((member) => member !== id).map((member) => personText(member, roster.nameOf(member)));
    if (question?.isJoin !== true) return membersLine(room, isIn ? ['you', ...others] : others);
    if (isIn) return joinedLine(room, others);
    rooms.delete(room);
    return undefined;
  }
}
