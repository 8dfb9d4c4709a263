// A message from the server in, the line that a person reads out. Pure. Nothing in a line can control the terminal.
import { printable } from '../printable.js';
import type { ChatData } from './chat-data.js';

export interface Line {
  /** How it is coloured: speech, speech to us alone, news, or trouble. */
  readonly kind: 'speech' | 'private' | 'news' | 'trouble';
  readonly text: string;
}

const UNKNOWN = 'somebody';
const MAX_NAME_LENGTH = 100;
const MAX_PEOPLE_NAMED = 20;

export function line(kind: Line['kind'], text: string): Line {
  return { kind, text: printable(text) };
}

/** What somebody said or did before everybody, or in a room; `undefined` where there is nothing to say. */
export function publicLine({ id, name, text, action, was }: ChatData, room?: string): Line | undefined {
  const who = name ?? id ?? UNKNOWN;
  if (action === undefined) {
    return text === undefined ? undefined : line('speech', `${room === undefined ? '' : `[${room}] `}${who}: ${text}`);
  }
  switch (action) {
    case 'joined':
      return line('news', `* ${who} is here now${id === undefined ? '' : ` (${id})`}`);
    case 'here':
      return line('news', `* ${who} is here${id === undefined ? '' : ` (${id})`}`);
    case 'named':
      return line('news', `* ${was ?? id ?? UNKNOWN} is now ${who}`);
    case 'left':
      return line('news', `* ${who} left`);
  }
}

/** What somebody said to us alone. The id is the server's word for who it was, so it always shows. */
export function privateLine(from: string, { name, text = '' }: ChatData): Line {
  return line('private', `[private] ${personText(from, name)}: ${text}`);
}

/** What we said to somebody alone: to whom it really went. */
export function toldLine(target: string, name: string | undefined): Line {
  return line('private', `[private] sent to ${personText(target, name)}`);
}

export function roomLine(type: 'user_joined' | 'user_left', id: string, name: string | undefined, room: string): Line {
  return line('news', `* ${personText(id, name)} ${type === 'user_joined' ? 'joined' : 'left'} room ${room}`);
}

/** We are in a room now; `others` as texts. */
export function joinedLine(room: string, others: readonly string[]): Line {
  const company = others.length === 0 ? '. Nobody else is there.' : `, with ${list(others)}.`;
  return line('news', `You joined room ${room}${company}`);
}

export function leftLine(room: string, wasIn: boolean): Line {
  return line('news', wasIn ? `You left room ${room}.` : `You are not in room ${room}.`);
}

export function membersLine(room: string, people: readonly string[]): Line {
  return line('news', people.length === 0 ? `Nobody is in room ${room}.` : `In room ${room}: ${list(people)}.`);
}

export function pongLine(milliseconds: number): Line {
  return line('news', `pong in ${milliseconds < 10 ? milliseconds.toFixed(2) : Math.round(milliseconds)} ms`);
}

/** Name and id, or the id alone. */
export function personText(id: string, name: string | undefined): string {
  const short = id.slice(0, MAX_NAME_LENGTH);
  return name === undefined ? short : `${name} (${short})`;
}

function list(people: readonly string[]): string {
  const unnamed = people.length - MAX_PEOPLE_NAMED;
  return people.slice(0, MAX_PEOPLE_NAMED).join(', ') + (unnamed > 0 ? ` and ${unnamed} more` : '');
}
