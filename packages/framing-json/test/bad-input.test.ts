import { readFileSync } from 'node:fs';
import { corpus, everySplit } from '@verb-tcp/testing';
import { describe, expect, it } from 'vitest';
import { FrameError } from '../src/index.js';
import { closed, connect, frame, frames, record, settled } from './peers.js';

interface BadHeader {
  bytes: string;
  code: string;
}
const text = readFileSync(new URL('vectors.json', import.meta.url), 'utf8');
const { jsonBadHeaders } = JSON.parse(text) as { jsonBadHeaders: BadHeader[] };

/** Feeds the chunks, and asserts that a handler answers with one error of this code, and then the end. */
async function refuse(chunks: Buffer[], code: string, messagesBefore = 0): Promise<FrameError> {
  const { handler, socket } = connect();
  const recorded = record(handler);
  for (const chunk of chunks) handler.handleData(chunk);
  expect(recorded.errors).toHaveLength(1);
  const [error] = recorded.errors as [FrameError];
  expect(error).toBeInstanceOf(FrameError);
  expect(error.code).toBe(code);
  expect(recorded.messages).toHaveLength(messagesBefore);
  await closed(handler, recorded);
  expect(recorded.events.slice(messagesBefore)).toEqual(['error', 'close']);
  expect(socket.destroyed).toBe(true);
  return error;
}

describe('every bad vector', () => {
  it.each(jsonBadHeaders)('$bytes is $code, cut anywhere', async ({ bytes, code }) => {
    await everySplit(Buffer.from(bytes, 'hex'), async (chunks) => {
      expect((await refuse(chunks, code)).code).toBe(code);
    });
  });
});

describe('every entry of the corpus', () => {
  it.each(corpus.json)('$name is $code, cut anywhere', async ({ bytes, code, messagesBefore }) => {
    await everySplit(bytes, async (chunks) => {
      expect((await refuse(chunks, code, messagesBefore)).code).toBe(code);
    });
  });

  it.each(corpus.json.filter(({ fatal }) => !fatal))('$name is skipped where that is asked for', ({ bytes, code }) => {
    const { handler, socket } = connect({ onInvalid: 'skip' });
    const { errors, messages } = record(handler);
    handler.handleData(bytes);
    handler.handleData(frames({ next: true }));
    expect(errors).toEqual([expect.objectContaining({ code })]);
    expect(messages.at(-1)).toEqual({ next: true });
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it.each(corpus.json.filter(({ fatal }) => fatal))('$name is fatal all the same with skip', async ({ bytes, code }) => {
    const { handler } = connect({ onInvalid: 'skip' });
    const recorded = record(handler);
    handler.handleData(bytes);
    handler.handleData(frames({ next: true }));
    await closed(handler, recorded);
    expect(recorded.errors).toEqual([expect.objectContaining({ code })]);
    expect(recorded.messages).not.toContainEqual({ next: true });
  });
});

describe('every foreign protocol', () => {
  it.each(corpus.foreign)('$name is refused, by its name where it is known', async ({ bytes, looksLike }) => {
    const { handler, peer } = connect();
    const recorded = record(handler);
    peer.write(bytes);
    peer.end();
    await closed(handler, recorded);
    const [error] = recorded.errors as [FrameError];
    expect(recorded.events).toEqual(['error', 'close']);
    // Some begin with digits: those end in the middle of a header, or of a message that they seem to declare.
    expect(error.code).toMatch(/^ERR_FRAME_(HEADER_INVALID|TRUNCATED)$/);
    if (looksLike !== undefined) expect(error.looksLike).toBe(looksLike);
  });
});

it('20 000 one-byte chunks without a line feed end in milliseconds', async () => {
  const { handler, peer } = connect();
  const recorded = record(handler);
  const digit = Buffer.from('1');
  const begun = performance.now();
  for (let chunk = 0; chunk < 20_000; chunk++) handler.handleData(digit);
  expect(performance.now() - begun).toBeLessThan(200);
  expect(recorded.errors).toEqual([expect.objectContaining({ code: 'ERR_FRAME_HEADER_TOO_LONG' })]);
  await closed(handler, recorded);
  peer.destroy();
});

it('a length of 10 GB is refused at its header, with both sizes, and nothing is allocated', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const error = await refuse([Buffer.from('10737418240\n')], 'ERR_FRAME_TOO_LARGE');
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10 * 1024 * 1024);
  expect(error).toMatchObject({ declaredBytes: 10_737_418_240, limitBytes: 1024 * 1024 });
});

it('errors say what was wrong: the protocol, the bytes, the cause', async () => {
  expect((await refuse([Buffer.from('GET / HTTP/1.1\r\n')], 'ERR_FRAME_HEADER_INVALID')).message).toContain('http');
  expect((await refuse([frame('{a}')], 'ERR_FRAME_INVALID_JSON')).cause).toBeInstanceOf(SyntaxError);
});

it('an error is reported where nobody takes messages', async () => {
  const { handler, peer } = connect();
  const error = new Promise((resolve) => handler.once('error', resolve));
  peer.write('hello\n');
  expect(await error).toMatchObject({ code: 'ERR_FRAME_HEADER_INVALID' });
});

it('what was sent before the error leaves, also in the same turn', async () => {
  const { handler, peer } = connect();
  handler.on('message', (message) => handler.sendMessage({ echo: message }));
  const chunks: Buffer[] = [];
  peer.on('data', (chunk: Buffer) => chunks.push(chunk));
  peer.write(Buffer.concat([frames(1, 2), Buffer.from('garbage')]));
  await settled();
  expect(Buffer.concat(chunks)).toEqual(frames({ echo: 1 }, { echo: 2 }));
});
