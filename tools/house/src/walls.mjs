// Who may import whom, for dependency-cruiser, made from the floor plan. Each rule's comment says what to do.
import { contract, floorPlan, pureNodeModules } from './floor-plan.mjs';

/** @typedef {import('dependency-cruiser').IRegularForbiddenRuleType} Rule */

/** @param {readonly string[]} names */
const anyOf = (names) => `(?:${names.join('|')})`;
/** @param {string} text */
const literally = (text) => text.replaceAll(/[.\\+*?^$()[\]{}|/-]/g, '\\$&');

/**
 * The files of one package's sources, by name without extension.
 *
 * @param {string} room
 * @param {readonly string[]} names
 */
const filesOf = (room, names) => `^packages/${literally(room)}/src/${anyOf(names.map(literally))}\\.ts$`;

/**
 * Built-in modules with what lies below them: `timers` is `timers/promises` as well.
 *
 * @param {readonly string[]} names
 */
const builtIn = (names) => `^(?:node:)?${anyOf(names)}(?:/|$)`;

/** @param {string} name @param {string} comment @param {Rule['from']} from @param {Rule['to']} to @returns {Rule} */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const SOURCES = '^packages/([^/]+)/src/';
/** The two tests that borrow those of another package: framing-json's own, unchanged, over streams in place of sockets. */
const FRAMING_OVER_MUX = '^packages/mux/test/framing-over-(mux|carriers)\\.test\\.ts$';

/** @type {Rule[]} */
const betweenPackages = [
  forbid(
    'only-socket',
    'A package knows TCPSocket and nothing else: take what you need as a TCPSocket or an option, and compose in apps/.',
    { path: SOURCES },
    { path: '^packages/', pathNot: ['^packages/$1/', `^packages/${contract}/`] },
  ),
  forbid(
    'testing-takes-types-only',
    'testing judges sockets, so it shares no code with them: write `import type`, or write the piece again.',
    { path: '^packages/testing/src/' },
    { path: `^packages/${contract}/`, dependencyTypesNot: ['type-only'] },
  ),
  forbid(
    'no-app-in-a-package',
    'Apps and tools see packages, never the other way round: move what you need into src/.',
    { path: '^packages/' },
    { path: '^(apps|tools|scripts)/' },
  ),
  forbid(
    'tests-see-one-package',
    'A test of a package sees that package, the contract and testing; one that needs two packages lives in apps/demo/test.',
    { path: '^packages/([^/]+)/test/', pathNot: FRAMING_OVER_MUX },
    { path: '^packages/', pathNot: ['^packages/$1/', `^packages/${contract}/`, '^packages/testing/'] },
  ),
  forbid(
    'through-the-door',
    'Write the name of the package: what its `exports` do not name is its own business.',
    { path: '^(packages|apps)/([^/]+)/', pathNot: FRAMING_OVER_MUX },
    { path: '^packages/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
  ),
  forbid(
    'declared-dependencies',
    'Only `dependencies` are there at run time, and only adapters have third-party ones: write the piece, or take an option.',
    { path: SOURCES },
    { pathNot: '^packages/', dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  ),
  forbid(
    'resolves',
    'This import leads nowhere: mend the path (with its extension .js), or declare the dependency.',
    {},
    { couldNotResolve: true },
  ),
  forbid(
    'no-cycles',
    'Two files that need each other are one file, or want a third below both: move the shared piece down.',
    { path: '^(packages|apps|tools)/' },
    { circular: true },
  ),
];

/**
 * What ranks may import inside one package.
 *
 * @param {string} room
 * @param {readonly string[]} doors
 * @returns {Rule[]}
 */
function insidePackage(room, doors) {
  const { leaf, pure, node } = /** @type {import('./floor-plan.mjs').Room} */ (floorPlan[room]);
  const leaves = ['options', 'errors', ...leaf];
  const own = `^packages/${literally(room)}/src/`;
  return [
    forbid(
      'node-modules-granted',
      'Its row of the floor plan grants no such `node:` module: use what it grants, or widen the row and say why.',
      { path: own },
      { dependencyTypes: ['core'], pathNot: builtIn(node) },
    ),
    forbid(
      'leaf-imports-nothing',
      'Options and errors stand below everything: move the piece here or pass it in; types of another leaf are fine.',
      { path: filesOf(room, leaves) },
      { path: own, pathNot: filesOf(room, leaves) },
    ),
    forbid(
      'leaf-runs-alone',
      'Of another leaf only types may be imported: write `import type`.',
      { path: filesOf(room, leaves) },
      { path: filesOf(room, leaves), dependencyTypesNot: ['type-only'] },
    ),
    forbid(
      'nobody-imports-a-door',
      'A door only re-exports: import the file that it names.',
      { path: own, pathNot: filesOf(room, doors) },
      { path: filesOf(room, doors) },
    ),
    ...(pure.length === 0 ? [] : purity(room, own, [...leaves, ...pure])),
  ];
}

/**
 * @param {string} room
 * @param {string} own
 * @param {readonly string[]} below
 * @returns {Rule[]}
 */
function purity(room, own, below) {
  const { pure } = /** @type {import('./floor-plan.mjs').Room} */ (floorPlan[room]);
  return [
    forbid(
      'pure-imports-pure',
      'A pure file computes over bytes and numbers: let the shell call it and pass in what it needs.',
      { path: filesOf(room, pure) },
      { path: own, pathNot: filesOf(room, below) },
    ),
    forbid(
      'pure-touches-nothing',
      'No sockets, timers, clock or randomness in a pure file: the shell has them and passes values in.',
      { path: filesOf(room, pure) },
      { dependencyTypes: ['core'], pathNot: builtIn(pureNodeModules) },
    ),
  ];
}

/**
 * The whole configuration.
 *
 * @param {Readonly<Record<string, readonly string[]>>} doors File names by package, without extension.
 * @returns {import('dependency-cruiser').IConfiguration}
 */
export function walls(doors) {
  return {
    forbidden: [
      ...betweenPackages,
      ...Object.keys(floorPlan).flatMap((room) => insidePackage(room, doors[room] ?? ['index'])),
    ],
    options: {
      tsPreCompilationDeps: true,
      doNotFollow: { path: ['(^|/)node_modules/', '(^|/)dist/'] },
      exclude: { path: '(^|/)(dist|reports|\\.turbo)/' },
      enhancedResolveOptions: {
        exportsFields: ['exports'],
        conditionNames: ['verb-tcp-source', 'types', 'node', 'import', 'default'],
      },
    },
  };
}
