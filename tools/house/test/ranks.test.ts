// Doors open and pure files compute; and the floor plan speaks of files that exist, here and in ARCHITECTURE.md.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { floorPlan, floorPlanTable } from '../src/floor-plan.mjs';
import { readPage } from '../src/markdown.js';
import { doorFindings, pureFindings } from '../src/ranks.js';
import { packages, read, type Package } from '../src/workspace.js';

const source = (room: string, name: string): string => `packages/${room}/src/${name}.ts`;
const doorsOf = ({ room, manifest }: Package): string[] =>
  Object.values(manifest.exports).flatMap((door) => (typeof door === 'object' ? [`packages/${room}/${door['verb-tcp-source']}`] : []));

describe('the floor plan', () => {
  it('has a row for every package, and no other', () => {
    expect(Object.keys(floorPlan).sort()).toEqual(packages.map(({ room }) => room).sort());
  });

  it('names only files that exist', () => {
    for (const { room, folder } of packages) {
      const { leaf, pure } = floorPlan[room] ?? { leaf: [], pure: [] };
      const files = readdirSync(join(folder, 'src'), { recursive: true }).map((file) => String(file).replace(/\.ts$/, ''));
      expect(files, room).toEqual(expect.arrayContaining([...leaf, ...pure]));
    }
  });

  it('stands in ARCHITECTURE.md as it is in the code', () => {
    const { header, rows } = floorPlanTable();
    const tables = readPage(read('ARCHITECTURE.md')).tables.filter((table) => table.heading === 'Floor plan');
    const table = tables.find((candidate) => candidate.header[0] === header[0]);
    expect({ header: table?.header, rows: table?.rows }).toEqual({ header, rows });
  });
});

describe.each(packages)('the files of $room', (of) => {
  it('that are doors only re-export', () => {
    expect(doorsOf(of).flatMap((path) => doorFindings(path, read(path)))).toEqual([]);
  });

  it('that are pure reach for nothing', () => {
    const paths = (floorPlan[of.room]?.pure ?? []).map((name) => source(of.room, name));
    expect(paths.flatMap((path) => pureFindings(path, read(path)))).toEqual([]);
  });
});

describe('a file that forgets its rank is found', () => {
  it('but not a good one', () => {
    expect(doorFindings('index.ts', "// What.\nexport { a, B } from './a.js';\n\nexport type { C } from './c.js';\n")).toEqual([]);
    expect(pureFindings('frame.ts', '// No Date.now() here.\nexport const half = (n: number): number => n / 2;\n')).toEqual([]);
  });

  it.each([
    "export * from './a.js';",
    "export { a, type B } from './a.js';",
    'export const a = 1;',
    "import { a } from './a.js';\na();",
  ])('a door with %j', (text) => {
    expect(doorFindings('index.ts', text)[0]).toContain('a door only re-exports');
  });

  it.each(['setTimeout(f, 1)', 'const at = Date.now();', 'process.nextTick(f)', 'Math.random()'])('a pure file with %j', (text) => {
    expect(pureFindings('frame.ts', text)).toEqual([expect.stringContaining('let the shell pass the value in')]);
  });
});
