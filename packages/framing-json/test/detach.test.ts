import { describe, expect, it } from 'vitest';
import { MessageHandler } from '../src/index.js';
import { collect, connect, frame, frames, record, recordEnd, settled } from './peers.js';

describe('detach', () => {
  it('inside a message listener stops behind that message, and gives and unshifts what follows it', async () => {
    const { handler, socket, peer } = connect();
    const { messages, errors } = recordEnd(handler);
    let rest: Uint8Array | undefined;
    handler.on('message', (message) => {
      messages.push(message);
      if (message === 'upgrade') rest = handler.detach();
    });
    const foreign = Buffer.from('GET / HTTP/1.1\r\n\r\n');
    peer.write(Buffer.concat([frames(1, 'upgrade'), foreign]));
    await settled();
    expect(messages).toEqual([1, 'upgrade']);
    expect(errors).toEqual([]);
    expect(Buffer.from(rest ?? [])).toEqual(foreign);
    expect(socket.isPaused()).toBe(true);
    const chunks = collect(socket);
    peer.write('more');
    socket.resume();
    await settled();
    expect(Buffer.concat(chunks).toString()).toBe(`${foreign.toString()}more`);
    socket.destroy();
  });

  it('by who iterates gives every byte behind the last message taken, not judged as messages', async () => {
    const { handler, socket, peer } = connect();
    const foreign = Buffer.from('00 is no header');
    peer.write(Buffer.concat([frames('hello', 'upgrade'), foreign]));
    for await (const message of handler) if (message === 'upgrade') break;
    expect(Buffer.from(handler.detach())).toEqual(foreign);
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it.each([
    ['messages that wait', frames(1, 'é', { a: [] })],
    ['a header begun', Buffer.from('12')],
    ['a header of one zero', Buffer.from('0')],
    ['a message begun', Buffer.from('12\n{"a"')],
    ['a whole header', Buffer.from('12\n')],
    ['messages that wait, and one begun', Buffer.concat([frames(1, 2, 3), Buffer.from('100\n"')])],
    ['more messages than may wait', frames(...Array.from({ length: 300 }, (_, index) => index))],
    ['bad payloads', Buffer.concat([frame('{'), frame(''), frames(1)])],
  ])('gives back %s, byte for byte, however they were cut', async (_, bytes) => {
    for (const size of [1, 2, 3, bytes.length]) {
      const { handler, socket, peer } = connect();
      // An iterator is in use, so nothing is judged before it is asked for.
      const iterator = handler[Symbol.asyncIterator]();
      for (let at = 0; at < bytes.length; at += size) handler.handleData(bytes.subarray(at, at + size));
      const waiting = iterator.return?.();
      expect(Buffer.from(handler.detach()).equals(bytes)).toBe(true);
      await waiting;
      const chunks = collect(socket);
      socket.resume();
      await settled();
      expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
      peer.destroy();
      socket.destroy();
    }
  });

  it('gives the message back whose schema is still at work', async () => {
    const validate = (value: unknown) => new Promise<{ value: unknown }>((resolve) => setImmediate(resolve, { value }));
    const { handler, socket } = connect({ schema: { '~standard': { version: 1, vendor: 'test', validate } } });
    const { messages } = record(handler);
    handler.handleData(frames(1, 2));
    expect(Buffer.from(handler.detach())).toEqual(frames(1, 2));
    await settled();
    expect(messages).toEqual([]);
    socket.destroy();
  });

  it('lets another handler take over, with nothing lost between them', async () => {
    const { handler, socket, peer } = connect();
    const taken: unknown[] = [];
    peer.write(frames(1, 2, 3));
    for await (const message of handler) if (taken.push(message) === 1) break;
    handler.detach();
    const next = new MessageHandler(socket);
    peer.end(frames(4));
    for await (const message of next) taken.push(message);
    expect(taken).toEqual([1, 2, 3, 4]);
  });

  it('leaves no listener on the socket, ends iterators, settles send, and stays silent', async () => {
    const { handler, socket, peer } = connect();
    const { events } = record(handler);
    const quiet = connect().handler;
    const waiting = quiet[Symbol.asyncIterator]().next();
    quiet.detach();
    expect(await waiting).toEqual({ done: true, value: undefined });
    peer.pause();
    const sending = handler.send('x'.repeat(200_000));
    expect(handler.detach()).toHaveLength(0);
    await sending;
    for (const event of ['data', 'drain', 'end', 'close', 'timeout'] as const) expect(socket.listenerCount(event)).toBe(0);
    expect(socket.listenerCount('error')).toBe(0);
    expect(handler.detach()).toHaveLength(0);
    socket.destroy();
    await settled();
    expect(events).toEqual([]);
  });

  it('lets what was sent leave', async () => {
    const { handler, socket, peer } = connect();
    const chunks = collect(peer);
    handler.sendMessage('before');
    handler.detach();
    socket.end('raw');
    await settled();
    expect(Buffer.concat(chunks).toString()).toBe(`${frames('before').toString()}raw`);
  });

  it('refuses to send afterwards, and takes no bytes', async () => {
    const { handler, socket } = connect();
    const { errors, messages } = record(handler);
    handler.detach();
    expect(handler.sendMessage(1)).toBe(false);
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_CLOSED' })]);
    await expect(handler.send(1)).rejects.toMatchObject({ code: 'ERR_FRAME_CLOSED' });
    handler.handleData(frames(1));
    expect(messages).toEqual([]);
    socket.destroy();
  });

  it('gives the bytes and unshifts nothing where the peer has ended', async () => {
    const { handler, socket, peer } = connect({}, { allowHalfOpen: true });
    peer.end(frames(1, 2));
    await settled();
    const errors: Error[] = [];
    socket.on('error', (error) => errors.push(error));
    expect(Buffer.from(handler.detach())).toEqual(frames(1, 2));
    await settled();
    expect(errors).toEqual([]);
    socket.destroy();
  });

  it('works on a text socket', async () => {
    const { handler, socket, peer } = connect();
    socket.setEncoding('utf8');
    const iterator = handler[Symbol.asyncIterator]();
    peer.write(frames('upgrade', 'é😀'));
    await iterator.next();
    expect(Buffer.from(handler.detach())).toEqual(frames('é😀'));
    const chunks = collect(socket);
    peer.write('é more');
    socket.resume();
    await settled();
    expect(chunks.join('')).toBe(`${frames('é😀').toString()}é more`);
    socket.destroy();
  });
});
