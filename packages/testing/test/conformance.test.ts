import { describe, expect, test } from 'vitest';
import { impair, socketPair, tcpSocketConformance, type ConformanceCase, type MakePair } from '../src/index.js';
import { makePlainPair, makeTLSPair, makeUnixPair } from './pair-makers.js';

function runAll(cases: ConformanceCase[]): void {
  for (const { name, run } of cases) {
    test(`${name}`, async () => {
      await expect(run()).resolves.toBeUndefined();
    });
  }
}

describe('plain sockets', () => {
  runAll(tcpSocketConformance(makePlainPair));
});

describe('TLS sockets', () => {
  runAll(tcpSocketConformance(makeTLSPair));
});

describe('unix sockets', () => {
  runAll(tcpSocketConformance(makeUnixPair, { lacks: ['addresses'] }));
});

describe('the in-memory pair', () => {
  runAll(tcpSocketConformance(socketPair));
});

describe('the in-memory pair without addresses', () => {
  const makePair: MakePair = (options) => socketPair({ ...options, addresses: null });
  runAll(tcpSocketConformance(makePair, { lacks: ['addresses'] }));
});

describe('the in-memory pair that cuts at random', () => {
  runAll(tcpSocketConformance((options) => socketPair({ ...options, seed: 1 })));
});

describe('an impaired pair without faults', () => {
  runAll(tcpSocketConformance((options) => impair(socketPair(options), [])));
});

describe('an impaired pair that slices', () => {
  runAll(tcpSocketConformance((options) => impair(socketPair(options), [{ type: 'slicer', averageBytes: 999, variationBytes: 998 }])));
});

test('names are unique', () => {
  const names = tcpSocketConformance(socketPair).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test('a lack that is declared though the sockets have it fails, and is not skipped', async () => {
  const lacks = ['addresses', 'reset', 'asyncIterator', 'unref'] as const;
  const cases = tcpSocketConformance(socketPair, { lacks }).filter(({ name }) => /^without \w+:/.test(name));
  expect(cases.map(({ name }) => name.split(':')[0])).toEqual([
    'without asyncIterator',
    'without asyncIterator',
    'without asyncIterator',
    'without reset',
    'without addresses',
    'without unref',
  ]);
  for (const { run } of cases) await expect(run()).rejects.toThrow(/so do not declare that it/);
});

test('a case that does not settle fails with what had happened by then', async () => {
  const [first] = tcpSocketConformance(() => [socketPair()[0], socketPair()[1]], { timeout: 50 });
  await expect(first?.run()).rejects.toMatchObject({
    code: 'ERR_TESTING_CASE_TIMEOUT',
    message: expect.stringMatching(/^one MiB in pieces .*: not settled after 50 ms; end 1: \[.*\], 0 bytes read, \d+ written; end 2: \[/),
  });
});

test('a pair that cannot be made fails the case with the error of its maker', async () => {
  const [first] = tcpSocketConformance(() => Promise.reject(new Error('no network')));
  await expect(first?.run()).rejects.toThrow('no network');
});
