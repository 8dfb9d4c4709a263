// kill -9 of a file server at calls to the disk, twice in a row: at the upload, and at the one that goes on with it. The
// third one has to be whole, and at no time may the name be there with anything else than the file.
import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../child.js';
import type { FileServerSettings } from '../roles/file-server.js';
import { createRandom } from '../random.js';
import { noneOf, scaled, type Effort, type Row } from '../scenario.js';

const POINTS = 200;
/** Places that are tried at a time. */
const LANES = 3;
/** Enough writes that most are cut more than once, each time elsewhere, and a part of a block at the end. */
const BYTES = 36 * 1024 * 1024 + 3;
const CHUNK_SIZE = 65_536;
const FSYNC = 2 * 1024 * 1024;
const SECRET = 'a-secret-of-many-characters';

type Place = Required<Pick<FileServerSettings, 'killAt' | 'part'>>;

interface Killing {
  effort: Effort;
  /** One process each for all of the points: a start takes longer than what is looked at. */
  client: Child<'fileClient'>;
  server: Child<'fileServer'>;
  path: string;
  wanted: string;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** An upload to a server that dies at this place of it, where it gets that far. What is wrong then. */
async function killOnce({ effort, client, path, wanted }: Killing, folder: string, place: Place): Promise<string | undefined> {
  try {
    await using dying = await Child.start('fileServer', { folder, fsync: FSYNC, ...place }, effort);
    await client.call('put', await dying.call('listen'), path, 'f', SECRET, CHUNK_SIZE);
  } catch (error) {
    // It may die before it listens: that is what it is here for.
    if (!String(error).includes('SIGKILL')) throw error;
  }
  const there = await readFile(join(folder, 'f')).catch(() => undefined);
  return there === undefined || digest(there) === wanted ? undefined : 'the name is there and the file is not right';
}

async function killTwice(killing: Killing, folder: string, first: Place, second: Place): Promise<string | undefined> {
  const { client, server, path, wanted } = killing;
  for (const place of [first, second]) {
    const fault = await killOnce(killing, folder, place);
    if (fault !== undefined) return fault;
  }
  const put = await client.call('put', await server.call('listen', folder), path, 'f', SECRET, CHUNK_SIZE);
  if (put.code !== '' || put.sha256 !== wanted) return `going on gave ${put.code}`;
  return digest(await readFile(join(folder, 'f'))) === wanted ? undefined : 'the file is not right';
}

export async function killed(effort: Effort, base: string): Promise<Row[]> {
  const points = scaled(POINTS, effort, 3);
  const bytes = randomBytes(BYTES);
  const path = join(base, 'source');
  await writeFile(path, bytes);
  await using server = await Child.start('fileServer', { folder: join(base, 'whole'), killAt: 0, fsync: FSYNC }, effort);
  await using client = await Child.start('fileClient', {}, effort);
  const killing: Killing = { effort, client, server, path, wanted: digest(bytes) };
  await client.call('put', await server.call('listen'), path, 'f', SECRET, CHUNK_SIZE);
  const calls = await server.call('calls');
  const all = calls.length;
  const faults: string[] = [];
  const tried = new Set<number>();
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let point = next++; point < points; point = next++) {
      effort.progress(`kill -9, ${point + 1} of ${points}`);
      const random = createRandom(effort.seed + point);
      // One from each part of the path, so that none is left out by chance; of a write nothing, or a part.
      const killAt = Math.min(all, 1 + Math.floor(((point + random(1000) / 1000) * all) / points));
      const first = { killAt, part: random(2) === 0 ? 0 : random(1000) / 1000 };
      const second = { killAt: 1 + random(all), part: random(1000) / 1000 };
      tried.add(killAt);
      const folder = join(base, `kill-${point}`);
      const fault = await killTwice(killing, folder, first, second);
      if (fault !== undefined) faults.push(`${fault}, killed at ${JSON.stringify(first)} (${calls[killAt - 1]}), then ${JSON.stringify(second)}`);
      await rm(folder, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const places = `kill −9 at ${points} places, ${tried.size} different ones of the ${all} calls of an upload, and again at as many of the next`;
  return [noneOf(`${places}: names with a wrong file, resumes that failed`, faults)];
}
