// Every role that a child process can play. The types follow from the functions.
import { burstClients } from './roles/burst-clients.js';
import { burstServer } from './roles/burst-server.js';
import { clusterPrimary } from './roles/cluster-primary.js';
import { decoderFuzz } from './roles/decoder-fuzz.js';
import { drainClients } from './roles/drain-clients.js';
import { drainServer } from './roles/drain-server.js';
import { endingClients } from './roles/ending-clients.js';
import { endingServer } from './roles/ending-server.js';
import { fileClient } from './roles/file-client.js';
import { fileNames } from './roles/file-names.js';
import { fileServer } from './roles/file-server.js';
import { hostileClients } from './roles/hostile-clients.js';
import { idleClients } from './roles/idle-clients.js';
import { idleServer } from './roles/idle-server.js';
import { knockingClients } from './roles/knocking-clients.js';
import { leakClients } from './roles/leak-clients.js';
import { leakServer } from './roles/leak-server.js';
import { leavingServer } from './roles/leaving-server.js';
import { limitedServer } from './roles/limited-server.js';
import { messageServer } from './roles/message-server.js';
import { reconnectingClients } from './roles/reconnecting-clients.js';
import { roomMembers } from './roles/room-members.js';
import { roomServer } from './roles/room-server.js';
import { slowClients } from './roles/slow-clients.js';
import { steadyClient } from './roles/steady-client.js';

export const roles = {
  burstClients,
  burstServer,
  clusterPrimary,
  decoderFuzz,
  drainClients,
  drainServer,
  endingClients,
  endingServer,
  fileClient,
  fileNames,
  fileServer,
  hostileClients,
  idleClients,
  idleServer,
  knockingClients,
  leakClients,
  leakServer,
  leavingServer,
  limitedServer,
  messageServer,
  reconnectingClients,
  roomMembers,
  roomServer,
  slowClients,
  steadyClient,
} as const;

export type RoleName = keyof typeof roles;
export type SettingsOf<Name extends RoleName> = Parameters<(typeof roles)[Name]>[0];
export type ActorOf<Name extends RoleName> = Awaited<ReturnType<(typeof roles)[Name]>>;
