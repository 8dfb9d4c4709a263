// Names put together by chance from what hurts: to the pure check, where what it lets through must be one component, whoever
// reads it; and to a server, by a peer that checks nothing and knows the documented messages only.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join, win32 } from 'node:path';
import { findBadFilename } from '@verb-tcp/file-transfer';
import { createMessageDecoder, encodeMessage } from '@verb-tcp/socket/message';
import { HOST } from '../dial.js';
import { createRandom } from '../random.js';

const PIECES = ['..', '.', '/', '\\', ':', '%2f', '%5c', '%2e', '\0', '\n', ' ', 'C:', 'CON', 'nul', 'com1', '~', '.incoming', '\u202e', '\u2025', '\uff0f', '\ud800', 'e\u0301', 'é', 'ß', 'a', 'B', '.txt', '$DATA', '-', '日', '\u2100'];
const MAX_PIECES = 7;

export interface FileNamesRole {
  check(count: number, seed: number): { accepted: number; escapes: string[] };
  /** Sends a file of one byte under each of so many names. Those that are complete, and answers that should not be. */
  send(port: number, count: number, seed: number): Promise<{ complete: string[]; faults: string[] }>;
}

interface Answer {
  type: string;
  code?: string;
  filename?: string;
}

const LANES = 8;

function nameFrom(random: (below: number) => number): string {
  let name = '';
  for (let left = 1 + random(MAX_PIECES); left > 0; left--) name += PIECES[random(PIECES.length)];
  return name;
}

/** Messages of a socket, one after the other. */
function answersOf(socket: Socket): () => Promise<Answer> {
  const decoder = createMessageDecoder({ maxMessageBytes: 65_536 });
  socket.on('data', (chunk: Buffer) => decoder.push(chunk));
  return async () => {
    for (;;) {
      const answer = decoder.next() as Answer | undefined;
      if (answer !== undefined && answer.type !== 'file_chunk_ack' && answer.type !== 'file_progress') return answer;
      if (answer === undefined) await once(socket, 'data');
    }
  };
}

/** The name under which it is there; `undefined` where it was refused. */
async function sendOne(socket: Socket, next: () => Promise<Answer>, filename: string): Promise<string | undefined> {
  const send = (message: object): unknown => socket.write(encodeMessage(message));
  send({ type: 'file_start', transferId: 't', filename, fileSize: 1, chunkSize: 1 });
  let answer = await next();
  if (answer.type === 'file_start_ack') {
    send({ type: 'file_chunk', transferId: 't', chunkIndex: 0, data: 'eA==' });
    send({ type: 'file_end', transferId: 't' });
    answer = await next();
  }
  if (answer.type === 'file_complete') return answer.filename;
  const isRight = answer.code === (findBadFilename(filename, false) === undefined ? 'file_exists' : 'bad_filename');
  if (!isRight) throw new Error(`${JSON.stringify(filename)} gave ${JSON.stringify(answer)}`);
  return undefined;
}

export function fileNames(_settings: object): FileNamesRole {
  return {
    check(count, seed) {
      const random = createRandom(seed);
      const escapes: string[] = [];
      let accepted = 0;
      for (let done = 0; done < count; done++) {
        const name = nameFrom(random);
        if (findBadFilename(name, true) !== undefined) continue;
        accepted++;
        const isOne = join('/base', name) === `/base/${name}` && win32.join('C:\\base', name) === `C:\\base\\${name}`;
        if (!isOne || /[/\\:\0]/.test(name.normalize('NFKC')) || Buffer.from(name).toString() !== name) escapes.push(JSON.stringify(name));
      }
      return { accepted, escapes };
    },
    async send(port, count, seed) {
      const random = createRandom(seed);
      const complete: string[] = [];
      const faults: string[] = [];
      let done = 0;
      const lane = async (): Promise<void> => {
        const socket = connect(port, HOST);
        const next = answersOf(socket);
        while (done++ < count) {
          const wanted = nameFrom(random);
          const name = await sendOne(socket, next, wanted);
          if (name !== undefined) complete.push(name);
          if (name !== undefined && name !== wanted) faults.push(`${JSON.stringify(wanted)} became ${JSON.stringify(name)}`);
        }
        socket.destroy();
      };
      await Promise.all(Array.from({ length: LANES }, lane)).catch((error: unknown) => faults.push(String(error)));
      return { complete, faults };
    },
  };
}
