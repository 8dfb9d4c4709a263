// Files: a server that is killed, names that are hostile, a resume that may not wait, and many uploads at once.
import { createHash } from 'node:crypto';
import { mkdtemp, mkdir, open, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Child } from '../child.js';
import { isLongEnough, noneOf, scaled, type Effort, type Row, type Scenario } from '../scenario.js';
import { killed } from './killed-files.js';

const MIB = 1024 * 1024;
const NAMES = 1_000_000;
const NAMES_ON_DISK = 10_000;
const BIG_BYTES = 4096 * MIB;
const CHUNK_SIZE = 256 * 1024;
const MAX_FIRST_BYTE = 100;
const UPLOADS = 64;
const UPLOAD_BYTES = 64 * MIB;
/** More than may wait for the disk. */
const MIN_UPLOAD_BYTES = 8 * MIB;
const BLOCKS_BYTES = 32 * MIB;
const READ_BYTES = 128 * 1024;
/** Node lets so much of what was read lie before it collects the young of it. */
const UNCOLLECTED_BYTES = 32 * MIB;
const REST_BYTES = 60 * MIB;
const SECRET = 'a-secret-of-many-characters';

async function names(effort: Effort, base: string): Promise<Row[]> {
  const count = scaled(NAMES, effort, 10_000);
  effort.progress(`${count} names`);
  await using checker = await Child.start('fileNames', {}, effort);
  const { accepted, escapes } = await checker.call('check', count, effort.seed);
  return [noneOf(`${count} hostile names, of which ${accepted} passed: those that are no single component`, escapes), await namesOnDisk(effort, base, checker)];
}

/** A folder in a folder in a folder, and what is in each of them afterwards. */
async function namesOnDisk(effort: Effort, base: string, checker: Child<'fileNames'>): Promise<Row> {
  const count = scaled(NAMES_ON_DISK, effort, 200);
  effort.progress(`${count} names on disk`);
  const folder = join(base, 'names', 'deep', 'uploads');
  await using server = await Child.start('fileServer', { folder }, effort);
  const { complete, faults } = await checker.call('send', await server.call('listen'), count, effort.seed);
  const names = (await readdir(folder)).filter((name) => name !== '.incoming').sort();
  if (JSON.stringify(names) !== JSON.stringify(complete.sort())) faults.push('the folder has other names than were complete');
  for (const [path, only] of [['names', 'deep'], ['names/deep', 'uploads']] as const) {
    const found = await readdir(join(base, path));
    if (found.length !== 1 || found[0] !== only) faults.push(`outside of the folder: ${JSON.stringify(found)}`);
  }
  const left = await readdir(join(folder, '.incoming'));
  if (left.length > 0) faults.push(`${left.length} parts were left`);
  return noneOf(`${count} hostile names to a server, of which ${names.length} became files: names changed, files elsewhere, wrong answers`, faults);
}

async function resumed(effort: Effort, base: string): Promise<Row[]> {
  const { signal, progress } = effort;
  const size = scaled(BIG_BYTES / CHUNK_SIZE, effort, 64) * CHUNK_SIZE;
  progress('a resume at 99 %');
  const [path, folder] = [join(base, 'big'), join(base, 'resumed')];
  const incoming = join(folder, '.incoming');
  await mkdir(incoming, { recursive: true });
  const there = Math.floor((size * 0.99) / CHUNK_SIZE) * CHUNK_SIZE;
  const stem = 'a'.repeat(32);
  for (const [file, length] of [[path, size], [join(incoming, `${stem}.part`), there]] as const) {
    await (await open(file, 'w')).close();
    await truncate(file, length);
  }
  const key = createHash('sha256').update(SECRET).digest('hex');
  await writeFile(join(incoming, `${stem}.json`), JSON.stringify({ key, filename: 'big', fileSize: size, chunkSize: CHUNK_SIZE }));
  await using server = await Child.start('fileServer', { folder }, { signal });
  await using client = await Child.start('fileClient', {}, { signal });
  const put = await client.call('put', await server.call('listen'), path, 'big', SECRET, CHUNK_SIZE);
  const isRight = put.code === '' && put.resumedFrom === there && put.sha256 !== '';
  return [
    {
      what: `going on at 99 % of ${size / MIB} MiB: the first new byte is acknowledged, ms`,
      figure: `${put.firstByteMs.toFixed(0)}${isRight ? '' : `, ${put.code || 'from the wrong place'}`}`,
      bound: `≤ ${MAX_FIRST_BYTE}`,
      holds: isRight && (isLongEnough(effort) || put.firstByteMs <= MAX_FIRST_BYTE ? put.firstByteMs <= MAX_FIRST_BYTE : undefined),
    },
  ];
}

async function many(effort: Effort, base: string): Promise<Row[]> {
  const { signal, progress } = effort;
  const uploads = scaled(UPLOADS, effort, 8);
  progress(`${uploads} uploads at once`);
  const path = join(base, 'many');
  await (await open(path, 'w')).close();
  await truncate(path, scaled(UPLOAD_BYTES, effort, MIN_UPLOAD_BYTES));
  await using server = await Child.start('fileServer', { folder: join(base, 'uploads') }, { signal });
  await using client = await Child.start('fileClient', {}, { signal });
  const port = await server.call('listen');
  const before = await server.call('watch');
  const arrived = await client.call('putMany', port, path, uploads);
  const grown = (await server.call('peak')) - before;
  // As the README of the package says: what may wait for the disk, and what was read last.
  const bound = Math.max(BLOCKS_BYTES, uploads * 2 * CHUNK_SIZE) + uploads * READ_BYTES + UNCOLLECTED_BYTES + REST_BYTES;
  return [
    { what: `${uploads} uploads at once: how many arrived`, figure: String(arrived), bound: String(uploads), holds: arrived === uploads },
    { what: 'memory of the server meanwhile, MiB', figure: (grown / MIB).toFixed(0), bound: `≤ ${bound / MIB}`, holds: grown <= bound },
  ];
}

async function run(effort: Effort): Promise<Row[]> {
  const base = await mkdtemp(join(tmpdir(), 'verb-tcp-soak-'));
  try {
    return [...(await killed(effort, base)), ...(await names(effort, base)), ...(await resumed(effort, base)), ...(await many(effort, base))];
  } finally {
    await rm(base, { recursive: true, force: true });
  }
}

export const files: Scenario = {
  name: 'files',
  promises: 'a killed file server has whole files or none, names lead nowhere, a resume begins at once, memory is bounded',
  seconds: 300,
  run,
};
