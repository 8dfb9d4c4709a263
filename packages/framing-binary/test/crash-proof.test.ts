// A whole process of its own: it lives through what would end one whose 'error' events and exceptions nobody catches.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const fixture = fileURLToPath(new URL('fixtures/crash-proof.ts', import.meta.url));

it('a process without any error listener lives through hostile bytes and every way a connection can end', async () => {
  const child = spawn(process.execPath, ['--conditions=verb-tcp-source', '--import', 'tsx', fixture]);
  let output = '';
  let faults = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (faults += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number];
  expect(faults).toBe('');
  expect(output).toBe('served all hostile peers, then one that said hello\n');
  expect(status).toBe(0);
});
