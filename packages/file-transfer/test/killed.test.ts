// kill -9 of the server, at places drawn over all calls to the disk that an upload makes, from its first to its last: the name is
// absent or the file is right, and resuming completes. Two hundred times, and twice in a row, in `pnpm soak files`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TCPFileTransferClient } from '../src/index.js';
import { openFolder, openStage, pattern } from './stage.js';

const POINTS = Number(process.env['KILL_POINTS'] ?? 20);
const SEED = Number(process.env['KILL_SEED'] ?? Date.now() % 2 ** 31);
const SECRET = 'a-secret-of-many-characters';
const bytes = pattern(1_000_003);
const digest = (of: Buffer): string => createHash('sha256').update(of).digest('hex');

let folder = '';
let program = '';

beforeAll(async () => {
  folder = await openFolder();
  program = join(folder, 'killed-server.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'killed-server.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['verb-tcp-source'],
    logLevel: 'error',
  });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Uploads to a server that dies at call number `at`. The calls it made, and whether the client was told of the end. */
async function uploadTo(uploads: string, at: number, cut: string): Promise<{ calls: string[]; isTold: boolean }> {
  const child = spawn(process.execPath, [program, uploads, String(at), cut], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  const port = await new Promise<number>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const found = /^port (\d+)$/m.exec(text);
      if (found) resolve(Number(found[1]));
    });
  });
  const gone = new Promise((resolve) => child.once('close', resolve));
  const client = new TCPFileTransferClient(connect(port, '127.0.0.1').on('error', () => {}), { retries: [], windowBytes: 1_048_576, chunkSize: 65_536 });
  const isTold = await client.upload(bytes, { name: 'f', transferId: SECRET, mtime: 1 }).then(() => true, () => false);
  client.close();
  child.kill('SIGKILL');
  await gone;
  return { calls: text.split('\n').filter((line) => line !== '' && !line.startsWith('port')), isTold };
}

describe('a server that is killed', () => {
  it(`at ${POINTS} places of an upload has the whole file or none, and goes on (KILL_SEED=${SEED})`, async () => {
    const whole = await uploadTo(join(folder, 'whole'), 0, '');
    expect(whole.isTold).toBe(true);
    const all = whole.calls.length;
    for (const call of ['open .part', 'open .json', 'write .part', 'datasync .part', 'link .part', 'unlink .part', 'unlink .json', 'sync ']) {
      expect(whole.calls).toContain(call);
    }
    let state = SEED;
    const random = (bound: number): number => ((state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 8) % bound;
    let killed = 0;
    for (let point = 0; point < POINTS; point++) {
      // One from each part of the path, so that none is left out by chance.
      const at = Math.min(all, 1 + Math.floor(((point + random(1000) / 1000) * all) / POINTS));
      const cut = point % 2 === 0 ? 'half' : '';
      const uploads = join(folder, `point-${point}`);
      const where = `call ${at} of ${all}${cut && ', writes cut'}`;
      const { calls } = await uploadTo(uploads, at, cut);
      if (calls.length === at) killed++;
      const there = await readFile(join(uploads, 'f')).catch(() => undefined);
      if (there !== undefined) expect(digest(there), `${where}: ${calls.at(-1)}`).toBe(digest(bytes));
      await using stage = await openStage({}, uploads);
      // Killed between its time, which is that of the source, and its name, a part is too old: then it begins anew, once.
      const result = await stage.client({ chunkSize: 65_536, retries: [0] }).upload(bytes, { name: 'f', transferId: SECRET });
      expect(result.sha256, where).toBe(digest(bytes));
      expect(digest(await readFile(join(uploads, 'f'))), where).toBe(digest(bytes));
      expect(await stage.client().upload(Buffer.from('x'), { name: 'g' })).toMatchObject({ bytes: 1 });
    }
    // Blocks that wait are written together: there may be fewer calls than were counted.
    expect(killed).toBeGreaterThanOrEqual(POINTS * 0.75);
  });
});
