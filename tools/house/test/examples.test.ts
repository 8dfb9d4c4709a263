// Everything our pages show as code is compiled strictly and run, against the packed packages in an empty folder.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { compile, RunningProgram, type Outcome } from '../src/consumer.js';
import { listings, promisedOutput, readmePrograms, testModule } from '../src/examples.js';
import { packages, read, root } from '../src/workspace.js';

const run = promisify(execFile);
const consumer = inject('consumer');
/** How long an example that listens may take to end by itself before it is told to. */
const SHOWS_FOR = 2000;

const listing = listings(read('docs/tcp-server.md'));
const readmes = [{ room: 'root', path: 'README.md' }, ...packages.map(({ room }) => ({ room, path: `packages/${room}/README.md` }))]
  .filter(({ path }) => existsSync(join(root, path)))
  .flatMap(({ room, path }) => readmePrograms(room, read(path)));
const planted = { name: 'planted', text: "import { createServer } from '@verb-tcp/core';\ncreateServer(5);\n" };
let complaints: string[];

beforeAll(() => {
  complaints = compile(consumer, [...Object.values(listing), ...readmes, planted], testModule);
}, 60_000);

/** A server that stays is told to end; that it then ends is part of the example. */
async function outcomeOf(program: RunningProgram): Promise<Outcome> {
  const isServer = await Promise.race([program.listening().then(() => true), program.ended().then(() => false)]);
  if (isServer) await Promise.race([program.ended(), delay(SHOWS_FOR)]);
  program.kill('SIGTERM');
  return program.ended();
}

describe('the READMEs', () => {
  it.each(readmes)('show a program that compiles: $name, $title', ({ name }) => {
    expect(complaints.filter((complaint) => complaint.startsWith(`${name}.ts`))).toEqual([]);
  });

  it.each(readmes)('show a program that runs: $name, $title', async ({ name, text }) => {
    const { exitCode, signal, stdout, stderr } = await outcomeOf(new RunningProgram(consumer, name));
    expect({ exitCode: signal === 'SIGTERM' ? 0 : exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const promised = promisedOutput(text);
    if (promised.length > 0) expect(stdout.trimEnd().split('\n')).toEqual(promised);
  });
});

describe('the usage listings of the reference', () => {
  it('compile strictly, and so do the declarations of the packages', () => {
    expect(complaints.filter((complaint) => !/^(readme\/|planted)/.test(complaint))).toEqual([]);
  });

  it('start the first server, which welcomes and echoes', async () => {
    const program = new RunningProgram(consumer, listing['Basic TCP Server'].name);
    const { port } = await program.listening();
    const client = connect(port, '127.0.0.1');
    let heard = '';
    for await (const chunk of client) {
      heard += String(chunk);
      if (heard === 'Welcome to TCP server!\n') client.write('Hello');
      if (heard === 'Welcome to TCP server!\nEcho: Hello') break;
    }
    program.kill('SIGKILL');
    expect(heard).toBe('Welcome to TCP server!\nEcho: Hello');
    expect((await program.ended()).stdout).toContain('Client connected: 127.0.0.1:');
  });

  it.each(['Server Options', 'Socket Configuration'] as const)('run: %s', async (heading) => {
    const { exitCode, stderr } = await new RunningProgram(consumer, listing[heading].name).ended();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  });

  it('pass as tests', async () => {
    writeFileSync(join(consumer, 'vitest.config.js'), "export default { resolve: { alias: { 'bun:test': 'vitest' } } };\n");
    const file = `${listing['Testing TCP Server'].name}.js`;
    const args = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', '--outputFile=report.json', file];
    await run(process.execPath, args, { cwd: consumer }).catch(() => undefined);
    const report = JSON.parse(readFileSync(join(consumer, 'report.json'), 'utf8')) as { numPassedTests: number; numTotalTests: number };
    expect(report).toMatchObject({ numPassedTests: 2, numTotalTests: 2 });
  });
});

describe('an example that is wrong is found', () => {
  it('by the compiler, and by running it', async () => {
    expect(complaints.filter((complaint) => complaint.startsWith(planted.name))).toEqual([
      expect.stringMatching(/^planted\.ts:2 Argument of type/),
    ]);
    const { exitCode, stderr } = await outcomeOf(new RunningProgram(consumer, planted.name));
    expect(exitCode).toBe(1);
    expect(stderr).toContain('ERR_TCP_UNKNOWN_PROTOCOL');
  });

  it('by what it prints, where its page says what that is', () => {
    expect(promisedOutput("console.log(1); // → 1\nconsole.log('a'); // two\nconsole.log('b c'); // → b c\n")).toEqual(['1', 'b c']);
  });
});
