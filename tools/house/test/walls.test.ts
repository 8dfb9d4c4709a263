// The walls stand, and each was seen to stop somebody: every rule is broken on purpose in a copy of the packages, must
// speak there, and must be the only one that does.
import { beforeAll, describe, expect, it } from 'vitest';
import { PlantedTree, type Finding } from '../src/planted.js';

interface Plant {
  rules: readonly string[];
  path: string;
  text: string;
  /** A part of the sentence that says what to do. */
  says: string;
}

/** One rule, and the file that breaks it. */
const plant = (rule: string, path: string, text: string, says: string): Plant => ({ rules: [rule], path, text, says });

const ENTRY = 'packages/core/src';
const importPlants: readonly Plant[] = [
  plant('only-socket', 'packages/framing-json/src/planted.ts', "import '@verb-tcp/testing';", 'compose in apps/'),
  plant('testing-takes-types-only', 'packages/testing/src/planted.ts', "import '@verb-tcp/socket/bytes';", 'import type'),
  plant('no-app-in-a-package', `${ENTRY}/planted-app.ts`, "import '../../../apps/demo/src/main.js';", 'move what you need'),
  plant('through-the-door', 'apps/demo/src/planted.ts', "import '../../../packages/core/src/errors.js';", 'the name of the package'),
  {
    ...plant('tests-see-one-package', 'packages/framing-json/test/planted.ts', "import '../../core/src/errors.js';", 'apps/demo/test'),
    rules: ['tests-see-one-package', 'through-the-door'],
  },
  plant('declared-dependencies', `${ENTRY}/planted-undeclared.ts`, "import 'selfsigned';", 'dependencies'),
  plant('resolves', `${ENTRY}/planted-nowhere.ts`, "import './nowhere.js';", 'mend the path'),
  plant('no-cycles', `${ENTRY}/planted-here.ts`, "import './planted-there.js';", 'move the shared piece down'),
  plant('node-modules-granted', 'packages/socket/src/planted-net.ts', "import 'node:net';", 'widen the row'),
  plant('nobody-imports-a-door', 'packages/socket/src/planted-door.ts', "import './bytes.js';", 'import the file'),
  plant('leaf-imports-nothing', 'packages/socket/src/errors.ts', "import './byte-queue.js';", 'pass it in'),
  plant('leaf-runs-alone', 'packages/socket/src/options.ts', "import './tcp-socket.js';", 'import type'),
  plant('pure-imports-pure', 'packages/socket/src/looks-like.ts', "import './cork-for-turn.js';", 'let the shell call it'),
  plant('pure-touches-nothing', 'packages/testing/src/random.ts', "import 'node:net';", 'passes values in'),
];

const repeat = (line: (n: number) => string, times: number): string => Array.from({ length: times }, (_, n) => line(n)).join('\n');
const promising = 'Promise.resolve()';
const codePlants: readonly Plant[] = [
  plant('eslint(max-lines)', `${ENTRY}/planted-long.ts`, repeat((n) => `export const n${n}: number = ${n};`, 301), '300'),
  plant('eslint(max-lines)', 'packages/core/test/planted-long.ts', repeat((n) => `export const n${n}: number = ${n};`, 301), '300'),
  plant(
    'eslint(max-lines-per-function)',
    `${ENTRY}/planted-function.ts`,
    `export function f(log: (n: number) => void): void {\n${repeat((n) => `  log(${n});`, 70)}\n}`,
    '70',
  ),
  plant('typescript(no-floating-promises)', `${ENTRY}/planted-floating.ts`, `export function f(): void { ${promising}; }`, 'void'),
  plant(
    'typescript(no-misused-promises)',
    `${ENTRY}/planted-misused.ts`,
    `export function f(on: (g: () => void) => void): void { on(async () => { await ${promising}; }); }`,
    'void return',
  ),
  plant('import(no-default-export)', `${ENTRY}/planted-default.ts`, 'export default 1;', 'named'),
  plant('eslint(no-console)', `${ENTRY}/planted-console.ts`, "console.log('x');", 'console'),
  plant('unicorn(no-process-exit)', `${ENTRY}/planted-exit.ts`, 'process.exit(1);', 'exit'),
  plant('eslint(no-restricted-imports)', `${ENTRY}/planted-sideways.ts`, "import '@verb-tcp/testing';", 'compose in apps/'),
  plant('unicorn(filename-case)', `${ENTRY}/plantedName.ts`, 'export const a: number = 1;', 'kebab-case'),
  plant('unicorn(prefer-node-protocol)', `${ENTRY}/planted-protocol.ts`, "import 'net';", 'node:'),
  plant('vitest(no-focused-tests)', 'packages/core/test/planted-only.test.ts', "it.only('a', () => { expect(1).toBe(1); });", ''),
  plant('vitest(no-disabled-tests)', 'packages/core/test/planted-skip.test.ts', "it.skip('a', () => { expect(1).toBe(1); });", ''),
  plant('vitest(expect-expect)', 'packages/core/test/planted-empty.test.ts', "it('a', () => { String(expect); });", 'assertion'),
].map((one) => (one.path.endsWith('.test.ts') ? { ...one, text: `import { expect, it } from 'vitest';\n${one.text}` } : one));

let findings: Record<'imports' | 'code', Finding[]>;

beforeAll(async () => {
  using imports = new PlantedTree([...importPlants, { path: `${ENTRY}/planted-there.ts`, text: "import './planted-here.js';" }]);
  using code = new PlantedTree(codePlants);
  const [cruised, linted] = await Promise.all([imports.cruise(), code.lint()]);
  findings = { imports: cruised, code: linted };
}, 180_000);

it('nobody in the repository as it is breaks a wall around imports', () => {
  const ours = findings.imports.filter(({ file }) => importPlants.every(({ path }) => path !== file));
  expect(ours).toEqual([]);
});

describe.each([
  ['imports', importPlants],
  ['code', codePlants],
] as const)('the walls around %s', (kind, planted) => {
  it.each(planted)('stop by $rules.0 who breaks it in $path, and say what to do', ({ rules, path, says }) => {
    const found = findings[kind].filter(({ file }) => file === path);
    expect(found.map(({ rule }) => rule).sort()).toEqual([...rules].sort());
    expect(found.map(({ message }) => message).join(' ')).toContain(says);
  });
});
