import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { connect, type AddressInfo, type NetConnectOpts, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { activatedSockets, type ActivatedSocket } from '../src/index.js';
import { bound, onPath, onPort } from './listeners.js';
import { readAll } from './sockets.js';

const program = [process.execPath, join(inject('fixtures'), 'activated.js')];

describe('activatedSockets', () => {
  const pid = 4711;
  const three = (name?: string) => ({ fd: 3, name });

  const cases: readonly (readonly [what: string, variables: NodeJS.ProcessEnv, sockets: readonly ActivatedSocket[]])[] = [
    ['one', { LISTEN_FDS: '1' }, [three()]],
    ['named ones', { LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:admin' }, [three('web'), { fd: 4, name: 'admin' }]],
    ['an empty name', { LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:' }, [three('web'), { fd: 4, name: undefined }]],
    ['a name too few', { LISTEN_FDS: '2', LISTEN_FDNAMES: 'web' }, [three(), { fd: 4, name: undefined }]],
    ['a name too many', { LISTEN_FDS: '1', LISTEN_FDNAMES: 'web:admin' }, [three()]],
    ['none', { LISTEN_FDS: '0' }, []],
    ['no count', {}, []],
    ['another process', { LISTEN_FDS: '1', LISTEN_PID: '4712' }, []],
    ['no process', { LISTEN_FDS: '1', LISTEN_PID: undefined }, []],
    ['an empty process', { LISTEN_FDS: '1', LISTEN_PID: '' }, []],
    ['a process that is no number', { LISTEN_FDS: '1', LISTEN_PID: '4711x' }, []],
    ...['-1', '1.5', '1e1', '0x1', ' 1', '1 ', '', 'one', '1025', '99999999999999999999'].map(
      (count) => [`the count ${JSON.stringify(count)}`, { LISTEN_FDS: count }, []] as const,
    ),
  ];

  it.each(cases)('%s', (_, variables, sockets) => {
    const env: NodeJS.ProcessEnv = { LISTEN_PID: String(pid), ...variables, PATH: '/bin' };
    expect(activatedSockets(env, pid)).toEqual(sockets);
    expect(env).toEqual({ PATH: '/bin' });
    expect(activatedSockets(env, pid)).toEqual([]);
  });

  it('gives up to 1024', () => {
    const sockets = activatedSockets({ LISTEN_PID: '1', LISTEN_FDS: '1024' }, 1);
    expect(sockets).toHaveLength(1024);
    expect(sockets.at(-1)).toEqual({ fd: 1026, name: undefined });
  });

  it('is about this process unless told otherwise, and removes the variables', () => {
    Object.assign(process.env, { LISTEN_PID: String(process.pid), LISTEN_FDS: '1', LISTEN_FDNAMES: 'web', LISTEN_PIDFDID: '1' });
    expect(activatedSockets()).toEqual([three('web')]);
    expect(Object.keys(process.env).filter((name) => name.startsWith('LISTEN_'))).toEqual([]);
  });
});

describe('a process that is handed sockets', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'verb-tcp-'));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('serves on them, TCP and unix', async (context) => {
    context.skip(process.platform === 'win32', 'descriptors are handed on where fork is');
    const path = join(folder, 'socket');
    const tcp = await bound(onPort());
    const unix = await bound(onPath(path));
    const { port } = tcp.address() as AddressInfo;
    // As systemd does it: the variables name the process that becomes ours by exec.
    const variables = 'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:admin';
    const child = spawn('sh', ['-c', `${variables} exec "$@"`, 'sh', ...program], {
      stdio: ['ignore', 'pipe', 'inherit', descriptorOf(tcp), descriptorOf(unix)],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    // From now on the child alone accepts. Node removes a file by the name it had when it was bound.
    const moved = join(folder, 'moved');
    renameSync(path, moved);
    await Promise.all([tcp, unix].map((listener) => listener[Symbol.asyncDispose]()));
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    expect(JSON.parse(line.toString())).toEqual({
      sockets: [
        { fd: 3, name: 'web' },
        { fd: 4, name: 'admin' },
      ],
      left: [],
      addresses: [{ address: '127.0.0.1', family: 'IPv4', port }, { path: '' }],
    });
    const { stdout } = spawnSync('ss', ['-Hltn', `sport = :${port}`], { encoding: 'utf8' });
    if (stdout) expect(stdout.trim().split(/\s+/)[2], 'backlog').toBe('17');
    expect(await ask({ port, host: '127.0.0.1' })).toBe('web');
    expect(await ask({ path: moved })).toBe('admin');
    expect(await exited).toEqual([0, null]);
    // A file is removed by who made it.
    expect(existsSync(moved)).toBe(true);
  });

  it('serves what systemd-socket-activate accepted for it', async (context) => {
    const { error } = spawnSync('systemd-socket-activate', ['--version']);
    context.skip(error !== undefined, 'needs systemd-socket-activate');
    const path = join(folder, 'socket');
    const child = spawn('systemd-socket-activate', ['-l', path, '--fdname=web', '-E', 'PATH', ...program], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    const exited = once(child, 'exit');
    // It tells that it listens.
    await once(child.stderr, 'data');
    // This connection is what starts the program.
    const answer = ask({ path });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    expect(JSON.parse(line.toString())).toMatchObject({ sockets: [{ fd: 3, name: 'web' }], left: [] });
    expect(await answer).toBe('web');
    expect(await exited).toEqual([0, null]);
  });
});

/** The number by which this process knows a listening socket; another one gets a copy. */
function descriptorOf(listener: Server): number {
  return (listener as unknown as { _handle: { fd: number } })._handle.fd;
}

/** What whoever accepts says before it ends. */
async function ask(options: NetConnectOpts): Promise<string> {
  return (await readAll(connect(options))).toString();
}
