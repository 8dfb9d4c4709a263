// Every question, in the order in which `pnpm bench` asks them.
import type { Question } from './question.js';
import { acceptClose } from './questions/accept-close.js';
import { binary } from './questions/binary.js';
import { echoLatency } from './questions/echo-latency.js';
import { files } from './questions/files.js';
import { idleConnections } from './questions/idle-connections.js';
import { json } from './questions/json.js';
import { mux } from './questions/mux.js';
import { muxDelay } from './questions/mux-delay.js';
import { muxLatency } from './questions/mux-latency.js';
import { muxStreams } from './questions/mux-streams.js';
import { packages } from './questions/packages.js';
import { rooms } from './questions/rooms.js';
import { throttle } from './questions/throttle.js';

export const questions: readonly Question[] = [
  json,
  binary,
  echoLatency,
  acceptClose,
  idleConnections,
  mux,
  muxStreams,
  muxLatency,
  muxDelay,
  rooms,
  throttle,
  files,
  packages,
];
