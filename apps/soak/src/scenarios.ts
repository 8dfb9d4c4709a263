// Every scenario, in the order in which `pnpm soak` runs them.
import type { Scenario } from './scenario.js';
import { badBytes } from './scenarios/bad-bytes.js';
import { burst } from './scenarios/burst.js';
import { cluster } from './scenarios/cluster.js';
import { drain } from './scenarios/drain.js';
import { exactlyOnce } from './scenarios/exactly-once.js';
import { files } from './scenarios/files.js';
import { idle } from './scenarios/idle.js';
import { leaks } from './scenarios/leaks.js';
import { mux } from './scenarios/mux.js';
import { openFiles } from './scenarios/open-files.js';
import { reconnect } from './scenarios/reconnect.js';
import { rooms } from './scenarios/rooms.js';
import { slowPeers } from './scenarios/slow-peers.js';

export const scenarios: readonly Scenario[] = [
  drain,
  openFiles,
  idle,
  burst,
  cluster,
  reconnect,
  exactlyOnce,
  slowPeers,
  rooms,
  mux,
  badBytes,
  leaks,
  files,
];
