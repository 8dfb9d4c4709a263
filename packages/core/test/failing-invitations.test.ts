// What the application's `invite` and `log` throw, called from a timer.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TCPConnectionRecovery, type ConnectionErrorLog } from '../src/index.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const boom = new Error('boom');
const failures: [string, () => unknown][] = [
  ['throws', () => { throw boom; }],
  ['rejects', () => Promise.reject(boom)],
];

it.each(failures)('an invite that %s is logged, and the next one is scheduled as ever', async (_, invite) => {
  const log: ConnectionErrorLog[] = [];
  const recovery = new TCPConnectionRecovery({ invite, log: (entry) => log.push(entry) });
  for (const attempts of [1, 2]) {
    recovery.scheduleReconnectNotification('ann');
    await vi.runAllTimersAsync();
    expect(log.at(-1)).toMatchObject({ clientId: 'ann', error: 'invite failed: boom', code: 'ERR_TCP_HANDLER_FAILED', attempts });
  }
});

it('a log that throws then is a warning', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const fail = (): never => { throw boom; };
  new TCPConnectionRecovery({ invite: fail, log: fail }).scheduleReconnectNotification('ann');
  await vi.runAllTimersAsync();
  expect(warned).toHaveBeenCalledWith('log failed: boom', expect.anything());
  warned.mockRestore();
});

it('a call of sendReconnectInvitation throws at whoever made it', () => {
  expect(() => new TCPConnectionRecovery({ invite: () => { throw boom; } }).sendReconnectInvitation('ann')).toThrow(boom);
});
