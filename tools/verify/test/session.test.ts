import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { check, matches, same, Skip, within, type Check, type Peer } from '../src/check.js';
import { Scope } from '../src/scope.js';
import { run } from '../src/session.js';

async function session(checks: Peer['prepare'] | readonly Check[], rest: Partial<Peer> = {}, signal?: AbortSignal): Promise<{ code: number; lines: string[] }> {
  const prepare = typeof checks === 'function' ? checks : () => Promise.resolve(checks);
  const lines: string[] = [];
  const peer: Peer = { name: 'node', needs: { node: 'nodejs' }, version: ['node', '--version'], prepare, ...rest };
  const code = await run([peer], { print: (line) => lines.push(line.replace(/ \(\d+ ms\)$/, '')), deadline: 200, ...(signal && { signal }) });
  return { code, lines };
}

const passing = check('passes', () => Promise.resolve('as it should'));
const NOTHING_LEFT = 'ok      nothing is left open: no socket, no process, no timer: nothing';

describe('a session', () => {
  it('prints the version, a line for each check with what was seen, and the count last', async () => {
    expect(await session([passing, passing])).toEqual({
      code: 0,
      lines: [`# node: ${process.version}`, 'ok      passes: as it should', 'ok      passes: as it should', NOTHING_LEFT, '3 passed, 0 failed'],
    });
  });

  it('fails for one that fails, with both what it saw and what it expected, and goes on', async () => {
    const { code, lines } = await session([
      check('fails', async () => {
        same('the address', { port: 1 }, { port: 2 });
        return '';
      }),
      passing,
    ]);
    expect(code).toBe(1);
    expect(lines.slice(1)).toEqual([
      'not ok  fails: the address: saw { port: 1 }, expected { port: 2 }',
      'ok      passes: as it should',
      NOTHING_LEFT,
      '2 passed, 1 failed',
    ]);
  });

  it('fails for one that never settles, and closes what it had opened', async () => {
    let closed = false;
    const hangs = check('hangs', (scope) => {
      scope.defer(() => (closed = true));
      return new Promise(() => {});
    });
    const { code, lines } = await session([hangs]);
    expect({ code, closed, line: lines[1] }).toEqual({ code: 1, closed: true, line: 'not ok  hangs: not done after 200 ms' });
  });

  it('ends what runs when it is interrupted, closes what that had opened, and begins nothing more', async () => {
    const interruption = new AbortController();
    const order: string[] = [];
    const interrupted = check('is interrupted', (scope) => {
      scope.defer(() => order.push('closed'));
      interruption.abort(new Error('interrupted by SIGTERM'));
      return new Promise(() => {});
    });
    const { code, lines } = await session([interrupted, passing], {}, interruption.signal);
    expect({ code, order, lines: lines.slice(1, -1) }).toEqual({
      code: 1,
      order: ['closed'],
      lines: ['not ok  is interrupted: interrupted by SIGTERM', 'not ok  nothing is left open: no socket, no process, no timer: interrupted by SIGTERM'],
    });
  });

  it('fails for a program that is missing, and runs none of its checks', async () => {
    const { code, lines } = await session([passing], { needs: { node: 'nodejs', 'no-such-program': 'no-such-package' } });
    expect({ code, lines }).toEqual({
      code: 1,
      lines: ['not ok  node: no-such-program is installed: not on the PATH; on Debian: apt-get install no-such-package', '0 passed, 1 failed'],
    });
  });

  it('fails where what the checks share cannot be made', async () => {
    const { code, lines } = await session(() => Promise.reject(new Error('no disk')));
    expect({ code, line: lines[1], last: lines.at(-1) }).toEqual({ code: 1, line: 'not ok  node can be prepared: no disk', last: '1 passed, 1 failed' });
  });

  it('fails where a closer fails', async () => {
    const { code, lines } = await session([check('closes', (scope) => {
      scope.defer(() => Promise.reject(new Error('will not close')));
      return Promise.resolve('');
    })]);
    expect({ code, line: lines[1] }).toEqual({ code: 1, line: 'not ok  closes: will not close' });
  });

  it('fails where something is left open', async () => {
    const left = createServer();
    const { code, lines } = await session([check('leaves a server', async () => {
      await once(left.listen(0, '127.0.0.1'), 'listening');
      return 'it listens';
    })]);
    left.close();
    expect({ code, line: lines[2] }).toEqual({ code: 1, line: 'not ok  nothing is left open: no socket, no process, no timer: still open: TCPServerWrap' });
  });

  it('counts one that cannot run here as skipped, with its reason', async () => {
    const { code, lines } = await session([check('needs IPv6', () => Promise.reject(new Skip('there is no ::1 on this machine')))]);
    expect({ code, line: lines[1], last: lines.at(-1) }).toEqual({
      code: 0,
      line: 'skipped needs IPv6: there is no ::1 on this machine',
      last: '1 passed, 0 failed, 1 skipped',
    });
  });

  it('fails where there was nothing to check', async () => {
    const lines: string[] = [];
    expect(await run([], { print: (line) => lines.push(line) })).toBe(1);
    expect(lines).toEqual(['0 passed, 1 failed']);
  });
});

describe('what checks say', () => {
  it.each([
    ['within', () => within('ms', 5, 1, 4), 'ms: saw 5, expected 1 to 4'],
    ['within, for no number', () => within('ms', NaN, 1, 4), 'ms: saw NaN, expected 1 to 4'],
    ['matches', () => matches('the output', 'no', /yes/), "the output: saw 'no', expected /yes/"],
  ])('%s', (_, say, message) => {
    expect(say).toThrowError(new Error(message));
  });
});

it('a scope that is over closes at once what comes late', async () => {
  const scope = new Scope();
  await scope.close();
  let closed = 0;
  scope.defer(() => closed++);
  const folder = await scope.folder();
  await expect.poll(() => existsSync(folder)).toBe(false);
  expect(closed).toBe(1);
});

it('a scope closes the last first, all of them, and removes its folders', async () => {
  const scope = new Scope();
  const order: number[] = [];
  const folder = await scope.folder();
  scope.defer(() => order.push(1));
  scope.defer(() => {
    throw new Error('second');
  });
  scope.defer(() => order.push(3));
  await expect(scope.close()).rejects.toThrowError('second');
  expect({ order, isThere: existsSync(folder) }).toEqual({ order: [3, 1], isThere: false });
});
