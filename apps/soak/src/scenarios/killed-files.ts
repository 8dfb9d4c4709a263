// kill -9 of a file server at calls to the disk, twice in a row: at the upload, and at the one that goes on with it. The
// third one has to be whole, and at no time may the name be there with anything else than the file.
import { createHash, randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../child.js';
import type { FileServerSettings, KillPlace } from '../roles/file-server.js';
import { createRandom, type Random } from '../random.js';
import { isLongEnough, noneOf, scaled, type Effort, type Row } from '../scenario.js';

const POINTS = 200;
/** Places that are tried at a time. */
const LANES = 3;
/** Enough writes that most are cut more than once, each time elsewhere, and a part of a block at the end. */
const BYTES = 36 * 1024 * 1024 + 3;
const CHUNK_SIZE = 65_536;
const FSYNC = 2 * 1024 * 1024;
const SECRET = 'a-secret-of-many-characters';
/** Of the kills that were asked for. A disk that is fast makes more and smaller writes than when they were counted, or fewer. */
const MIN_KILLED = 0.8;

interface Killing {
  effort: Effort;
  /** One process each for all of the points: a start takes longer than what is looked at. */
  client: Child<'fileClient'>;
  server: Child<'fileServer'>;
  path: string;
  wanted: string;
  /** What an upload calls, and one that goes on with the other half. */
  calls: readonly [string[], string[]];
  /** How many servers died, and where. */
  killed: number;
  places: Set<string>;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The call of a run at `index`, of a write nothing or a part. */
function placeAt(calls: readonly string[], index: number, random: Random): KillPlace {
  const call = calls[index] as string;
  const nth = calls.slice(0, index + 1).filter((name) => name === call).length;
  return { call, nth, part: random(2) === 0 ? 0 : random(1000) / 1000 };
}

/** An upload to a server of its own, which may die. What it called, where it did not. */
async function putOnce({ effort, client, path }: Pick<Killing, 'effort' | 'client' | 'path'>, settings: FileServerSettings): Promise<string[] | undefined> {
  try {
    await using server = await Child.start('fileServer', { fsync: FSYNC, ...settings }, effort);
    await client.call('put', await server.call('listen'), path, 'f', SECRET, CHUNK_SIZE);
    await server.call('close');
    return await server.call('calls');
  } catch (error) {
    if (!String(error).includes('SIGKILL')) throw error;
    return undefined;
  }
}

/** What is wrong afterwards. */
async function killTwice(killing: Killing, folder: string, places: readonly KillPlace[]): Promise<string | undefined> {
  const { client, server, path, wanted } = killing;
  for (const kill of places) {
    if ((await putOnce(killing, { folder, kill })) === undefined) {
      killing.killed++;
      killing.places.add(`${kill.call} ${kill.nth}`);
    }
    const there = await readFile(join(folder, 'f')).catch(() => undefined);
    if (there !== undefined && digest(there) !== wanted) return 'the name is there and the file is not right';
  }
  const put = await client.call('put', await server.call('listen', folder), path, 'f', SECRET, CHUNK_SIZE);
  if (put.code !== '' || put.sha256 !== wanted) return `going on gave ${put.code}`;
  return digest(await readFile(join(folder, 'f'))) === wanted ? undefined : 'the file is not right';
}

async function prepare(effort: Effort, base: string, about: Pick<Killing, 'client' | 'server'>): Promise<Killing> {
  const bytes = randomBytes(BYTES);
  const path = join(base, 'source');
  await writeFile(path, bytes);
  const sample = { effort, client: about.client, path };
  const whole = await putOnce(sample, { folder: join(base, 'whole') });
  if (whole === undefined) throw new Error('a server died that was not told to');
  const folder = join(base, 'half');
  const nth = Math.ceil(whole.filter((call) => call === 'write').length / 2);
  await putOnce(sample, { folder, kill: { call: 'write', nth, part: 0 } });
  const rest = await putOnce(sample, { folder });
  if (rest === undefined) throw new Error('a server died that was not told to');
  return { effort, ...about, path, wanted: digest(bytes), calls: [whole, rest], killed: 0, places: new Set() };
}

export async function killed(effort: Effort, base: string): Promise<Row[]> {
  const points = scaled(POINTS, effort, 3);
  await using server = await Child.start('fileServer', { folder: base, fsync: FSYNC }, effort);
  await using client = await Child.start('fileClient', {}, effort);
  const killing = await prepare(effort, base, { client, server });
  const [whole, rest] = killing.calls;
  const faults: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let point = next++; point < points; point = next++) {
      effort.progress(`kill -9, ${point + 1} of ${points}`);
      const random = createRandom(effort.seed + point);
      // One from each part of the path, so that none is left out by chance.
      const index = Math.min(whole.length - 1, Math.floor(((point + random(1000) / 1000) * whole.length) / points));
      const places = [placeAt(whole, index, random), placeAt(rest, random(rest.length), random)];
      const folder = join(base, `kill-${point}`);
      const fault = await killTwice(killing, folder, places);
      if (fault !== undefined) faults.push(`${fault}, killed at ${JSON.stringify(places)}`);
      await rm(folder, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  const least = Math.ceil(2 * points * MIN_KILLED);
  return [
    {
      what: `kill −9, ${points} times at one of the ${whole.length} calls of an upload, and then at one of the ${rest.length} of going on: how often it was killed, at how many calls`,
      figure: `${killing.killed}, ${killing.places.size}`,
      bound: `≥ ${least} of ${2 * points}`,
      holds: killing.killed >= least || (isLongEnough(effort) ? false : undefined),
    },
    noneOf('names with a wrong file after a kill, uploads that could not be gone on with', faults),
  ];
}
