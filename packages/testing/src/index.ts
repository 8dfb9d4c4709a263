// Tools for testing TCP code, with any runner: real servers and clients, in-memory pairs, cuts, bad
// input, and the contract of `TCPSocket` as cases.
export { corpus } from './corpus.js';
export { createTCPClient } from './client.js';
export { createTCPServer } from './server.js';
export { everySplit, randomSplits } from './every-split.js';
export { socketPair } from './socket-pair.js';
export { tcpSocketConformance } from './conformance.js';
export { TestingError } from './errors.js';

export type { AsyncSplitCheck, SplitCheck } from './every-split.js';
export type { BinaryCorpusEntry } from './corpus-binary.js';
export type { ConformanceCase } from './conformance.js';
export type { ConformancePairOptions, MakePair } from './conformance/trial.js';
export type { Corpus } from './corpus.js';
export type { ForeignCorpusEntry } from './corpus-foreign.js';
export type { JSONCorpusEntry } from './corpus-json.js';
export type {
  ConformanceCapability,
  ConformanceOptions,
  PairAddress,
  SocketPairOptions,
  TCPClientOptions,
  TCPServerOptions,
} from './options.js';
export type { PairSocket } from './pair-socket.js';
export type { TCPClient } from './client.js';
export type { TestingErrorCode, TestingErrorFacts } from './errors.js';
export type { TestTCPServer } from './server.js';
