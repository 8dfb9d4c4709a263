// Tools for testing TCP code, with any runner: real servers and clients, in-memory pairs, cuts, bad
// input, and the contract of `TCPSocket` as cases.
export { connectMany } from './connect-many.js';
export { corpus } from './corpus.js';
export { createTCPClient } from './client.js';
export { createTCPServer } from './server.js';
export { everySplit, randomSplits } from './every-split.js';
export { faultProxy } from './fault-proxy.js';
export { impair } from './impair.js';
export { openHandles } from './open-handles.js';
export { script } from './script.js';
export { socketPair } from './socket-pair.js';
export { tcpSocketConformance } from './conformance.js';
export { TestingError } from './errors.js';

export type { ActiveFault, FaultSet } from './fault-set.js';
export type { AsyncSplitCheck, SplitCheck } from './every-split.js';
export type { BinaryCorpusEntry } from './corpus-binary.js';
export type { ConformanceCase } from './conformance.js';
export type { ConformancePairOptions, MakePair } from './conformance/trial.js';
export type { ManyConnections } from './connect-many.js';
export type { Corpus } from './corpus.js';
export type {
  BandwidthFault,
  BlackholeFault,
  Fault,
  FaultDirection,
  FaultEnd,
  FaultScope,
  FlipBitsFault,
  LatencyFault,
  LimitBytesFault,
  LimitTimeFault,
  ResetFault,
  SlicerFault,
  SlowCloseFault,
  StallReadsFault,
} from './faults.js';
export type { FaultProxy } from './fault-proxy.js';
export type {
  ConnectManyOptions,
  ConnectTarget,
  FaultProxyOptions,
  ImpairOptions,
  OpenHandlesOptions,
  ScriptOptions,
  ServerAddress,
} from './fault-options.js';
export type { ForeignCorpusEntry } from './corpus-foreign.js';
export type { ImpairedSocket } from './impair.js';
export type { JSONCorpusEntry } from './corpus-json.js';
export type { OpenHandles } from './open-handles.js';
export type {
  ConformanceCapability,
  ConformanceOptions,
  PairAddress,
  SocketPairOptions,
  TCPClientOptions,
  TCPServerOptions,
} from './options.js';
export type { PairSocket } from './pair-socket.js';
export type { ScriptBuilder, ScriptedSocket } from './script.js';
export type { TCPClient } from './client.js';
export type { TestingErrorCode, TestingErrorFacts } from './errors.js';
export type { TestTCPServer } from './server.js';
