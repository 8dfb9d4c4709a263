// The floor plan as data: which package may touch which `node:` modules, and the rank of each file whose name does not
// tell it. The linters read it (walls.mjs), and ARCHITECTURE.md repeats it (a test compares the two).
//
// door   named by `exports` in package.json          explicit re-exports and nothing else
// leaf   options, errors, and what `leaf` adds       imports no file of the package but types of another leaf
// pure   what `pure` lists                           imports pure and leaf; bytes and numbers, no input or output
// shell  every other file                            sockets, timers, events, the `node:` modules of its row

/**
 * @typedef {object} Room
 * @property {string} purpose What it takes and gives.
 * @property {readonly string[]} node Built-in modules that its sources may import.
 * @property {readonly string[]} leaf File names, without extension, besides options and errors.
 * @property {readonly string[]} pure File names, without extension.
 */

/** The one package that others may import. */
export const contract = 'socket';

/** Built-in modules that compute and reach nothing: pure files may import them where their row grants them. */
export const pureNodeModules = ['buffer'];

/** @type {Readonly<Record<string, Room>>} */
export const floorPlan = {
  socket: {
    purpose: 'the contract, byte tools, the default message, the shell of a framing',
    node: ['buffer'],
    leaf: ['connection-owner', 'tcp-socket'],
    pure: [
      'ascii-window',
      'byte-queue',
      'looks-like',
      'message-decoder',
      'message-encoder',
      'message-iterator',
      'message-payload',
      'receiver',
      'waiting-inbox',
    ],
  },
  core: {
    purpose: 'listens and dials → TCPSockets, TLS, PROXY headers, limits, deadlines, drain, recovery',
    node: ['cluster', 'diagnostics_channel', 'events', 'fs', 'net', 'os', 'tls'],
    leaf: ['client-options', 'connection-info', 'tcp-handlers'],
    pure: ['backoff', 'crc32c', 'ip-address', 'proxy-protocol'],
  },
  'framing-json': {
    purpose: 'TCPSocket → JSON messages',
    node: ['events'],
    leaf: ['schema'],
    pure: ['inbox', 'schema-step'],
  },
  'framing-binary': {
    purpose: 'TCPSocket → typed binary messages',
    node: ['events'],
    leaf: [],
    pure: ['decoder', 'frame', 'inbox'],
  },
  mux: {
    purpose: 'TCPSocket → many TCPSockets over one, with credit, fair turns and limits',
    node: ['buffer', 'events', 'stream'],
    leaf: ['codec'],
    pure: [
      'allowance',
      'answers',
      'batch-size',
      'native',
      'native-control',
      'native-decoder',
      'negotiation',
      'output-batch',
      'peer-limits',
      'receive-window',
      'ring',
      'round-trips',
      'stream-ids',
      'stream-record',
      'token-bucket',
      'turns',
    ],
  },
  pool: {
    purpose: 'TCPSockets → registry, limits, statistics, throttle, buffers',
    node: ['events'],
    leaf: ['events', 'pooled-connection'],
    pure: ['address-key', 'address-table', 'connection-ids'],
  },
  rooms: {
    purpose: 'TCPSockets → named groups, one fan-out, slow members bounded',
    node: ['events'],
    leaf: ['events'],
    pure: ['member'],
  },
  'file-transfer': {
    purpose: 'TCPSocket + folder → verified files, up and down',
    node: ['buffer', 'crypto', 'events', 'fs', 'path', 'stream', 'timers', 'url', 'zlib'],
    leaf: ['client-options', 'events', 'file-system', 'link'],
    pure: [
      'binary-frame',
      'buffer-shelf',
      'checked-message',
      'chunk-message',
      'crc32-table',
      'file-name',
      'frame-inbox',
      'integrity',
      'is-socket',
      'messages',
      'object-chunk',
      'reception',
      'transmission',
      'wire-reader',
    ],
  },
  testing: {
    purpose: 'nothing → sockets, pairs, faults, cuts, corpora, conformance cases',
    node: ['assert', 'async_hooks', 'events', 'net', 'os', 'stream', 'timers'],
    leaf: ['fault-options', 'faults'],
    pure: ['byte-pipe', 'corpus', 'corpus-binary', 'corpus-foreign', 'corpus-json', 'every-split', 'fault-check', 'queue', 'random'],
  },
};

/** The table that ARCHITECTURE.md repeats, cell by cell. */
export function floorPlanTable() {
  const header = ['package', 'what it does', '`node:` modules', 'leaf besides options, errors', 'pure'];
  const rows = Object.entries(floorPlan).map(([name, { purpose, node, leaf, pure }]) => [
    `\`${name}\``,
    purpose,
    ...[node, leaf, pure].map((names) => names.map((file) => `\`${file}\``).join(' ') || '–'),
  ]);
  return { header, rows };
}
