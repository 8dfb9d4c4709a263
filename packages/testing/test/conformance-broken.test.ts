import { describe, expect, test } from 'vitest';
import { socketPair, tcpSocketConformance, type ConformanceCase } from '../src/index.js';
import { makeBrokenPair } from './broken/damage.js';
import { brokenSockets } from './broken/sockets.js';

/** Only for a rule that is to wait in vain; what is to pass has the time that every case has. */
const VAIN_TIMEOUT = 1000;

test('there is one broken socket for each rule', () => {
  const rules = tcpSocketConformance(socketPair).map(({ name }) => name);
  expect(brokenSockets.map(({ rule }) => rule)).toEqual(rules);
});

describe('a socket that', () => {
  test.each(brokenSockets)('$how breaks one rule: $rule', async (broken) => {
    const casesFor = (timeout?: number): ConformanceCase[] =>
      tcpSocketConformance((options) => makeBrokenPair(broken, options), { timeout });
    const [brokenCase] = casesFor(broken.hangs && VAIN_TIMEOUT).filter(({ name }) => name === broken.rule);
    const others = casesFor().filter(({ name }) => name !== broken.rule);

    const [failure, ...failures] = await Promise.all([brokenCase, ...others].map(failureOf));
    const unexpected = failures.filter((other) => other !== undefined);
    expect(unexpected, unexpected.map(({ name, message }) => `${name}: ${message}`).join('\n')).toEqual([]);
    expect(failure?.code).toBe(broken.hangs ? 'ERR_TESTING_CASE_TIMEOUT' : 'ERR_ASSERTION');
  });
});

async function failureOf(rule: ConformanceCase | undefined): Promise<{ name: string; code: string; message: string } | undefined> {
  try {
    await rule?.run();
    return undefined;
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return { name: rule?.name ?? '', code, message };
  }
}
