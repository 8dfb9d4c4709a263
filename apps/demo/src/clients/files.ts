// The program `files`: put, get and ls at a file server of the demo. See `--help`.
import { stat } from 'node:fs/promises';
import { basename, resolve, sep } from 'node:path';
import { Command, CommanderError } from 'commander';
import { connect } from '@verb-tcp/core';
import { TCPFileTransferClient, type FileTransferError, type TransferResult } from '@verb-tcp/file-transfer';
import { readPort } from '../flags.js';
import { printable } from '../printable.js';
import { createReport } from './files-report.js';
import { transferIdOf } from './files-identity.js';
import { defaultFilesHost, defaultFilesPort } from './files-target.js';

/** 0 all went well, 1 wrong words, 2 refused, 3 network, 4 not what was sent, 130 interrupted. */
const INTERRUPTED = 130;
const NETWORK = /^ERR_FILE_(CLOSED|STALLED|SHUTTING_DOWN)$/;
const INTEGRITY = /^ERR_FILE_(CRC_MISMATCH|CHECKSUM_MISMATCH|CHANGED|NOT_SUPPORTED)$/;

interface Target {
  host: string;
  port: string;
  json: boolean;
  retries: boolean;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const complain = (line: string): void => void process.stderr.write(`${line}\n`);
/** Where the person is: pnpm starts us in the folder of the package. */
const fromHere = (path: string): string => resolve(process.env['INIT_CWD'] ?? '.', path);

function exitCodeOf({ code = '' }: { code?: string }): number {
  if (NETWORK.test(code)) return 3;
  return INTEGRITY.test(code) ? 4 : 2;
}

async function run(target: Target, name: string, transfer: (client: TCPFileTransferClient, report: ReturnType<typeof createReport>) => Promise<TransferResult>): Promise<void> {
  const client = clientOf(target);
  const report = createReport({ name, isJSON: target.json, isTerminal: process.stderr.isTTY, print, complain });
  client.on('warning', ({ code, message }) => report.warn(code, message));
  let isInterrupted = false;
  const interrupt = (): void => {
    isInterrupted = true;
    client.close();
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    report.done(await transfer(client, report));
  } catch (error) {
    report.stop();
    fail(error as FileTransferError, target.json, isInterrupted);
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    client.close();
  }
}

function fail(error: FileTransferError, isJSON: boolean, isInterrupted: boolean): void {
  process.exitCode = isInterrupted ? INTERRUPTED : exitCodeOf(error);
  const { code, message } = error;
  if (isJSON) print(JSON.stringify({ event: 'error', code: isInterrupted ? 'INTERRUPTED' : code, message }));
  else if (isInterrupted) complain('Interrupted. What has arrived is kept: the same command goes on from there.');
  else complain(`${printable(message, 300)} (${code})`);
}

function clientOf({ host, port, retries }: Target): TCPFileTransferClient {
  const address = { host, port: readPort(port, '--port') };
  const dial = (): ReturnType<typeof connect> => connect(address);
  return new TCPFileTransferClient(dial, retries ? {} : { retries: [] });
}

const program = new Command('files')
  .description('Puts files on a file server of the demo, and fetches them.')
  .option('--host <host>', "the server's address", process.env['HOST'] || defaultFilesHost)
  .option('--port <port>', "the server's port", process.env['FILES_PORT'] || String(defaultFilesPort))
  .option('--json', 'one JSON object a line instead of text', false)
  .option('--no-retries', 'give up at the first failure')
  .addHelpText('after', '\nExit codes: 0 all went well, 1 wrong words, 2 refused, 3 network, 4 not what was sent, 130 interrupted.')
  .exitOverride();

program
  .command('put <file> [name]')
  .description('sends a file; goes on where an earlier run stopped')
  .action(async (file: string, name: string | undefined) => {
    const target = program.opts<Target>();
    const path = fromHere(file);
    const called = name ?? basename(path);
    await run(target, called, async (client, report) => {
      const facts = await stat(path).catch(() => undefined);
      const transferId = facts && (await transferIdOf(['put', target.host, target.port, path, called, facts.size, facts.mtimeMs], process.env));
      return client.upload(path, { name: called, transferId, onProgress: (at) => report.progress(at) });
    });
  });

program
  .command('get <name> [destination]')
  .description('fetches a file, to a path or into a folder; goes on where an earlier run stopped')
  .action(async (name: string, destination: string | undefined) => {
    const target = program.opts<Target>();
    // A slash at the end says that a folder is meant, and `resolve` drops it.
    const path = fromHere(destination ?? '.') + (/[/\\]$/.test(destination ?? '') ? sep : '');
    await run(target, name, async (client, report) => {
      const transferId = await transferIdOf(['get', target.host, target.port, name, path], process.env);
      return client.download(name, path, { transferId, onProgress: (at) => report.progress(at) });
    });
  });

program
  .command('ls')
  .description('lists what is there')
  .action(async () => {
    const target = program.opts<Target>();
    const client = clientOf(target);
    try {
      for (const { name, size, mtime } of await client.list()) {
        if (target.json) print(JSON.stringify({ name, size, mtime }));
        else print(`${String(size).padStart(14)}  ${new Date(mtime).toISOString().slice(0, 16).replace('T', ' ')}  ${printable(name)}`);
      }
    } catch (error) {
      fail(error as FileTransferError, target.json, false);
    } finally {
      client.close();
    }
  });

// A reader that has had enough (`ls | head`) is no error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

try {
  // pnpm hands the `--` of `pnpm files -- put` on, npm does not.
  const words = process.argv.slice(2);
  await program.parseAsync(words[0] === '--' ? words.slice(1) : words, { from: 'user' });
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 1;
  else {
    complain(printable((error as Error).message));
    process.exitCode = 1;
  }
}
