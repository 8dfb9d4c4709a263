// What an upload is called, so that a later run goes on with it: the same file under the same name at the same place gives the same
// id, which nobody else can guess, since a secret of this user goes into it.
import { createHmac, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Environment } from '../flags.js';

const SECRET_BYTES = 32;

/** Of all that tells one transfer from another. */
export async function transferIdOf(facts: readonly (string | number)[], environment: Environment): Promise<string> {
  return createHmac('sha256', await readSecret(environment)).update(JSON.stringify(facts)).digest('base64url');
}

async function readSecret(environment: Environment): Promise<Buffer> {
  const path = join(environment['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'verb-tcp', 'secret');
  const read = (): Promise<Buffer | undefined> => readFile(path).catch(() => undefined);
  const known = await read();
  if (known?.length === SECRET_BYTES) return known;
  const secret = randomBytes(SECRET_BYTES);
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, secret, { mode: 0o600, flag: 'wx' });
  } catch {
    // Another run was first, or there is no home to write to: then only this run can go on by itself.
    return (await read()) ?? secret;
  }
  return secret;
}
