// Who is there, as far as this client has heard. The server's broadcasts carry no sender, so clients write their name
// and id into `data`: these are claims of peers. Only the `from` of a private message is the server's word. Pure.

/** People beyond this many push out those heard of first. */
const MAX_PEOPLE = 1000;

export class ChatRoster {
  readonly #names = new Map<string, string>();

  /** True if nobody was known under this id. */
  learn(id: string, name: string): boolean {
    const isNew = !this.#names.delete(id);
    this.#names.set(id, name);
    const [oldest] = this.#names.keys();
    if (this.#names.size > MAX_PEOPLE && oldest !== undefined) this.#names.delete(oldest);
    return isNew;
  }

  forget(id: string): void {
    this.#names.delete(id);
  }

  clear(): void {
    this.#names.clear();
  }

  nameOf(id: string): string | undefined {
    return this.#names.get(id);
  }

  /** Each with the name, the one heard of last at the end. */
  people(): [id: string, name: string][] {
    return [...this.#names];
  }

  /**
   * The ids that a typed target may mean: an id as it is, everybody of that name, or whose port it is. What nobody is
   * known by is given back as it came, for the server to judge.
   */
  find(target: string): string[] {
    if (this.#names.has(target)) return [target];
    const found = this.people().filter(([id, name]) => name === target || shortId(id) === target);
    return found.length === 0 ? [target] : found.map(([id]) => id);
  }
}

/** What somebody without a name is called; a name like any other, whatever the id. */
export function guestName(id: string): string {
  return `guest-${shortId(id).replace(/[^\p{L}\p{N}._-]/gu, '-').slice(0, 16)}`;
}

/** The port of an id, which tells people at one address apart. */
function shortId(id: string): string {
  return id.slice(id.lastIndexOf(':') + 1);
}
