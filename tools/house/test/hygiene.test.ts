// Names, lengths and places of files; what a package folder must have.
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hygieneFindings } from '../src/hygiene.js';
import { packages, read, root, trackedFiles, type Manifest } from '../src/workspace.js';

const BINARY = new Set(['.png', '.jpg', '.gif', '.ico', '.pdf', '.pem', '.bin', '.wasm']);

describe('the repository', () => {
  const files = trackedFiles();

  it('keeps names, lengths and machines out of trouble in every file', () => {
    expect(files).toContain('package.json');
    const readable = files.filter((path) => !BINARY.has(extname(path)));
    expect(readable.flatMap((path) => hygieneFindings(path, read(path)))).toEqual([]);
  });

  it('has the same LICENSE in every package', () => {
    for (const { room } of packages) expect(read(`packages/${room}/LICENSE`), room).toBe(read('LICENSE'));
  });

  it('has a README in every package and app', () => {
    const folders = new Set(files.flatMap((path) => /^(?:packages|apps)\/[^/]+/.exec(path) ?? []));
    expect([...folders].filter((folder) => !existsSync(join(root, folder, 'README.md')))).toEqual([]);
  });

  it('has a changelog, or a changeset that will start one, for every package', () => {
    const changesets = files.filter((path) => /^\.changeset\/.*\.md$/.test(path)).map(read).join('\n');
    const silent = packages.filter(({ folder, manifest }) => {
      return !existsSync(join(folder, 'CHANGELOG.md')) && !new RegExp(`^["']${manifest.name}["']:`, 'm').test(changesets);
    });
    expect(silent.map(({ manifest }) => manifest.name)).toEqual([]);
  });

  it('builds every package before the house tests them', () => {
    const { devDependencies } = JSON.parse(read('tools/house/package.json')) as Manifest;
    expect(Object.keys(devDependencies ?? {})).toEqual(expect.arrayContaining(packages.map(({ manifest }) => manifest.name)));
  });
});

describe('a file out of order is found', () => {
  const lines = (count: number): string => 'x;\n'.repeat(count);

  it('but not one that is in order', () => {
    expect(hygieneFindings('packages/core/src/deadline-sweep.ts', lines(300))).toEqual([]);
    expect(hygieneFindings('apps/demo/test/echo.test.ts', 'see ../work/x, https://nodejs.org/ and /tmp/app.sock')).toEqual([]);
    expect(hygieneFindings('ARCHITECTURE.md', lines(400))).toEqual([]);
  });

  it.each([
    ['packages/core/src/deadlineSweep.ts', '', 'name it in kebab-case'],
    ['packages/core/src/utils.ts', '', 'name it after the thing inside'],
    ['apps/demo/test/helpers.ts', '', 'name it after the thing inside'],
    ['packages/core/test/long.test.ts', lines(301), '301 lines; past 300 split it by noun'],
    ['docs/page.md', `see ${['', 'home', 'me', 'verb'].join('/')}`, 'has a path of one machine'],
    ['.ci/run', `npm config set registry https://${['registry', 'example', 'org'].join('.')}`, 'names a registry'],
  ])('%s', (path, text, finding) => {
    const found = hygieneFindings(path, text);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(finding);
  });
});
