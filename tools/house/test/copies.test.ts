// What stands in the repository twice is the same twice: golden vectors among themselves, and, where the originals are
// beside the checkout, they and the reference against those. (In a clone of its own there are no originals to compare.)
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { read, root, trackedFiles } from '../src/workspace.js';

const VECTORS = '../shared/design/vectors.json';
const REFERENCE = '../shared/reference/tcp-server.md';

/** A package's copy has the sections that its tests read. */
const sections = (path: string): [string, unknown][] => Object.entries(JSON.parse(read(path)) as Record<string, unknown>);
const copies = trackedFiles().filter((path) => basename(path) === 'vectors.json');

describe.each(copies)('%s', (path) => {
  const originals = existsSync(join(root, VECTORS)) ? [VECTORS] : copies;

  it('has in each section what its original has', () => {
    const expected = new Map(originals.flatMap(sections));
    expect(sections(path)).toEqual(sections(path).map(([name]) => [name, expected.get(name)]));
  });
});

it.each([REFERENCE].filter((path) => existsSync(join(root, path))))('docs/tcp-server.md is %s, to the letter', (reference) => {
  expect(read('docs/tcp-server.md')).toBe(read(reference));
});
