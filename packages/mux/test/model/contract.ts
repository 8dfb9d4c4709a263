// What the model needs of a multiplexer, so that it can also judge one that is wrong on purpose. Types only.
import type { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { TCPSocket } from '@verb-tcp/socket';

export interface ModelStream extends Duplex {
  readonly id: number;
  readonly type: string;
  readonly metadata: unknown;
  reset(code: number): unknown;
  close(): unknown;
}

export interface OpenOptions {
  allowHalfOpen?: boolean;
}

export interface ModelMux extends EventEmitter {
  openStream(type: string, metadata?: Record<string, unknown>, options?: OpenOptions): ModelStream;
  ping(): Promise<number>;
  goaway(): unknown;
  close(options?: { timeout?: number }): Promise<unknown>;
  destroy(error?: Error): unknown;
  stats(): object;
}

/** The options of `TCPStreamMultiplexer` that the model sets. */
export interface MuxOptions {
  role?: 'client' | 'server';
  extensions: 'auto' | 'off' | 'require';
  allowHalfOpen: boolean;
  initialWindowBytes: number;
  maxWindowBytes: number;
  maxStreams: number;
  closeTimeout: number;
  stallTimeout: number;
  keepAliveInterval: number;
}

export type MakeMux = (socket: TCPSocket, options: MuxOptions) => ModelMux;
