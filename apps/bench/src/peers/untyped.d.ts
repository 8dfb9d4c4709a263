// The parts of these packages that are used here; they ship no types of their own.

declare module 'split2' {
  import type { Transform } from 'node:stream';
  export default function split(mapper: (line: string) => unknown): Transform;
}

declare module 'json-socket' {
  import type { Socket } from 'node:net';
  export default class JsonSocket {
    constructor(socket: Socket);
    sendMessage(message: unknown): void;
    on(event: 'message', listener: (message: never) => void): this;
  }
}

declare module 'length-prefixed-stream' {
  import type { Transform } from 'node:stream';
  export function encode(): Transform;
  export function decode(): Transform;
}

declare module 'multiplex' {
  import type { Duplex } from 'node:stream';
  export interface Multiplex extends Duplex {
    createStream(name?: string): Duplex;
  }
  export default function multiplex(options?: { chunked?: boolean }, onStream?: (stream: Duplex) => void): Multiplex;
}
