// The messages that every contender sends: objects whose JSON has exactly so many bytes, all ASCII, all different.

export interface Message {
  id: number;
  type: string;
  symbol: string;
  price: number;
  note: string;
}

const FIRST_ID = 100_000;

/** `count` messages of `bytes` bytes of JSON each. */
export function messagesOf(bytes: number, count: number): Message[] {
  return Array.from({ length: count }, (_, index) => {
    const message: Message = {
      id: FIRST_ID + index,
      type: 'quote',
      symbol: String.fromCharCode(65 + (index % 26), 65 + ((index >> 2) % 26), 65 + ((index >> 4) % 26)),
      price: 100 + ((index * 7919) % 90_000) / 100,
      note: '',
    };
    const missing = bytes - JSON.stringify(message).length;
    if (missing < 0) throw new RangeError(`bytes must be at least ${bytes - missing} for this message, got ${bytes}`);
    message.note = String.fromCharCode(97 + (index % 26)).repeat(missing);
    return message;
  });
}

/** What all ids of `count` messages out of the ring add up to: a cheap proof that each one arrived. */
export function sumOfIds(ring: readonly Message[], count: number): number {
  const whole = Math.floor(count / ring.length);
  const sum = (messages: readonly Message[]): number => messages.reduce((total, { id }) => total + id, 0);
  return whole * sum(ring) + sum(ring.slice(0, count % ring.length));
}
