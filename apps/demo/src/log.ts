// Where the servers' lines go. `console` is one; tests bring their own.

export interface Log {
  info(line: string): void;
  error(line: string): void;
}
