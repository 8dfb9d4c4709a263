// What this client puts into the `data` of a message, and what it makes of the `data` of others. Pure.
import { isName } from './chat-commands.js';

/** What somebody did, beside saying something. */
export type ChatAction = 'joined' | 'here' | 'named' | 'left';

export interface ChatData {
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly text?: string | undefined;
  readonly action?: ChatAction | undefined;
  /** With `named`: the name before. */
  readonly was?: string | undefined;
}

const actions: readonly unknown[] = ['joined', 'here', 'named', 'left'] satisfies ChatAction[];
const MAX_ID_LENGTH = 100;

/** Takes from `data` the fields that are what they should be; anything else is shown as the JSON it came as. */
export function readChatData(data: unknown): ChatData {
  if (typeof data === 'string') return { text: data };
  const { id, name, text, action, was } = (typeof data === 'object' && data !== null ? data : {}) as Record<string, unknown>;
  const read = {
    id: typeof id === 'string' && id.length <= MAX_ID_LENGTH ? id : undefined,
    name: typeof name === 'string' && isName(name) ? name : undefined,
    text: typeof text === 'string' ? text : undefined,
    action: actions.includes(action) ? (action as ChatAction) : undefined,
    was: typeof was === 'string' && isName(was) ? was : undefined,
  };
  const isOurs = read.text !== undefined || (read.action !== undefined && read.name !== undefined);
  return isOurs ? read : { ...read, action: undefined, text: toText(data) };
}

function toText(data: unknown): string {
  try {
    return JSON.stringify(data) ?? 'nothing';
  } catch {
    // Nested thousands deep: it parses, and does not stringify.
    return 'something that cannot be shown';
  }
}
