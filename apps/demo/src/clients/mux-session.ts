// What the mux client does with its connection: three streams at once, one that is echoed and two that chat with each
// other. Each line that a stream brings is told under the name of the stream.
import { createInterface } from 'node:readline';
import type { Socket } from 'node:net';
import { MessageHandler } from '@verb-tcp/framing-json';
import { TCPStreamMultiplexer, type StreamHandler } from '@verb-tcp/mux';
import { DemoError } from '../errors.js';
import { printable } from '../printable.js';

/** The three conversations take milliseconds. */
const DEADLINE = 10_000;
const MAX_LINE_LENGTH = 200;

/** Takes a line of a stream. */
export type Tell = (stream: string, line: string) => void;

interface ChatMessage {
  readonly type?: unknown;
  readonly id?: unknown;
}

/**
 * Holds the three conversations and closes the connection. Gives the number of connections and streams that it took.
 * @throws {DemoError} `ERR_DEMO_NOT_MUX`
 */
export async function holdConversations(socket: Socket, tell: Tell): Promise<{ streams: number }> {
  const mux = new TCPStreamMultiplexer(socket, { role: 'client' });
  const lost = new Promise<never>((_, reject) => {
    const fail = (why: string, cause?: Error): void =>
      reject(new DemoError('ERR_DEMO_NOT_MUX', `No mux gateway answers there: ${printable(why, MAX_LINE_LENGTH)}`, { cause }));
    mux.on('error', (error) => fail(error.message, error));
    mux.on('close', () => fail('the connection is closed'));
    setTimeout(() => fail(`nothing is heard for ${DEADLINE / 1000} s`), DEADLINE).unref();
  });
  try {
    const echo = mux.openStream('echo');
    const ana = mux.openStream('chat', { name: 'ana' });
    const bob = mux.openStream('chat', { name: 'bob' });
    await Promise.race([lost, Promise.all([beEchoed(echo, tell), chatTogether(ana, bob, tell)])]);
    return { streams: 3 };
  } finally {
    lost.catch(() => {});
    mux.on('error', () => {});
    await mux.close({ timeout: 1000 });
  }
}

/** Settles when everything has come back and the other side has ended. */
async function beEchoed(stream: StreamHandler, tell: Tell): Promise<void> {
  stream.end('hello over one connection\n');
  for await (const line of createInterface({ input: stream })) tell('echo', printable(line, MAX_LINE_LENGTH));
}

/** Ana asks who she is, and bob writes to whom the server says that is: two streams of one connection are two people. */
async function chatTogether(ana: StreamHandler, bob: StreamHandler, tell: Tell): Promise<void> {
  const [hers, his] = [new MessageHandler<ChatMessage>(ana), new MessageHandler<ChatMessage>(bob)];
  hers.sendMessage({ type: 'whoami' });
  his.sendMessage({ type: 'ping' });
  let id: unknown;
  const isPonged = new Promise<void>((resolve) => {
    his.once('message', (message) => {
      tell('bob', printable(JSON.stringify(message), MAX_LINE_LENGTH));
      resolve();
    });
  });
  for await (const message of hers) {
    tell('ana', printable(JSON.stringify(message), MAX_LINE_LENGTH));
    if (message.type === 'private') break;
    if (message.type === 'whoami') ({ id } = message);
    await isPonged;
    his.sendMessage({ type: 'private', target: id, data: 'hello, other stream' });
  }
  ana.end();
  bob.end();
}
