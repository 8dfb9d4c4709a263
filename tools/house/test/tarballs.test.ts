// What users get: the packed packages, looked into, imported and required.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import { contract } from '../src/floor-plan.mjs';
import { attwFindings, foreignImports, manifestFindings, publintFindings, type PackedFiles } from '../src/tarball.js';
import { packages, type Manifest } from '../src/workspace.js';

const run = promisify(execFile);
const consumer = inject('consumer');

/** What npm took out of a tarball, and its manifest. */
function unpacked(name: string): { files: PackedFiles; manifest: Manifest } {
  const folder = join(consumer, 'node_modules', name);
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const files = new Map(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path)]));
  return { files, manifest: JSON.parse(String(files.get('package.json'))) as Manifest };
}

describe.each(packages)('the tarball of $room', ({ room, manifest: { name } }) => {
  const { files, manifest } = unpacked(name);
  const doors = Object.keys(manifest.exports).filter((door) => door !== './package.json').map((door) => join(name, door));

  it('has a manifest that says what is built and depends on nothing but the contract', () => {
    expect(manifestFindings(manifest, [...files.keys()], room === contract)).toEqual([]);
  });

  it('imports nothing but node: modules and the contract', () => {
    const built = [...files].filter(([path]) => /^dist\/.*\.(js|d\.ts)$/.test(path));
    expect(built.flatMap(([path, bytes]) => foreignImports(path, String(bytes)))).toEqual([]);
  });

  it('pleases publint, strictly', async () => {
    expect(await publintFindings(files)).toEqual([]);
  });

  it('has types that resolve as its code does', async () => {
    expect(await attwFindings(files, manifest)).toEqual([]);
  });

  it('can be imported and required, and gives the same names either way', async () => {
    const script = `import { createRequire } from 'node:module';
      const require = createRequire(import.meta.url);
      const names = [];
      for (const door of ${JSON.stringify(doors)}) {
        const imported = Object.keys(await import(door)).sort(), required = Object.keys(require(door)).sort();
        names.push([imported.join(), required.filter((name) => name !== '__esModule' && name !== 'module.exports').join()]);
      }
      console.log(JSON.stringify(names));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: consumer });
    for (const [imported, required] of JSON.parse(stdout) as [string, string][]) expect(imported).toBe(required);
    // The contract is types: at run time nothing is behind its first door.
    expect(doors.filter((_, index) => (JSON.parse(stdout) as string[][])[index]?.[0] === '')).toEqual(room === contract ? [name] : []);
  });
});

describe('a tarball that is wrong is found', () => {
  const good: Manifest = {
    name: '@verb-tcp/core',
    version: '1.0.0',
    scripts: {},
    exports: { '.': { types: './dist/index.d.ts', default: './dist/index.js' }, './package.json': './package.json' },
    dependencies: { '@verb-tcp/socket': '^1.0.0' },
  };
  const files = ['package.json', 'README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'dist/chunk-ABC.js', 'src/index.ts'];

  it('but not a good one', () => {
    expect(manifestFindings(good, files, false)).toEqual([]);
    expect(foreignImports('dist/a.js', "import { b } from './b.js'; import 'node:net'; import('@verb-tcp/socket/bytes');")).toEqual([]);
  });

  it.each<[string, Partial<Manifest>, string[], string]>([
    ['a second dependency', { dependencies: { ...good.dependencies, ws: '8.0.0' } }, files, 'dependencies must be'],
    ['a workspace: version', { dependencies: { '@verb-tcp/socket': 'workspace:^' } }, files, 'workspace:'],
    ['a catalog: version', { devDependencies: { tsup: 'catalog:' } }, files, 'catalog:'],
    ['a door that is not built', { exports: { ...good.exports, './bytes': './dist/bytes.js' } }, files, './dist/bytes.js is not in it'],
    ['a built file behind no door', {}, [...files, 'dist/extra.js'], 'dist/extra.js is behind no door'],
    ['a file nobody needs', {}, [...files, 'test/a.test.ts'], 'test/a.test.ts is nothing users need'],
    ['no licence', {}, files.filter((file) => file !== 'LICENSE'), 'LICENSE is missing'],
  ])('with %s', (_, change, has, finding) => {
    const found = manifestFindings({ ...good, ...change }, has, false);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(finding);
  });

  it('by publint and attw, where a door leads to a file that is not there', async () => {
    const { files: whole, manifest } = unpacked('@verb-tcp/core');
    const withoutTypes = new Map([...whole].filter(([path]) => path !== 'dist/index.d.ts'));
    expect(await publintFindings(withoutTypes)).toEqual([expect.stringContaining('the file does not exist')]);
    expect(await attwFindings(withoutTypes, manifest)).toContainEqual(expect.stringContaining('UntypedResolution'));
  });

  it.each(["import { a } from 'net';", 'export * from "ws";', "const a = await import('@verb-tcp/core');", "import 'left-pad';"])('with %s in it', (text) => {
    expect(foreignImports('dist/a.js', text)).toEqual([expect.stringContaining('dist/a.js imports')]);
  });
});
