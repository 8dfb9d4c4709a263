// Every role that a child process can play. The types follow from the functions.
import { acceptingServer } from './roles/accepting-server.js';
import { binaryDecodingCost } from './roles/binary-decoding-cost.js';
import { comingAndGoing } from './roles/coming-and-going.js';
import { decodingCost } from './roles/decoding-cost.js';
import { echoClient } from './roles/echo-client.js';
import { echoServer } from './roles/echo-server.js';
import { fileReceiver } from './roles/file-receiver.js';
import { fileSender } from './roles/file-sender.js';
import { idleClients } from './roles/idle-clients.js';
import { idleObjects } from './roles/idle-objects.js';
import { idleServer } from './roles/idle-server.js';
import { messageReceiver } from './roles/message-receiver.js';
import { messageSender } from './roles/message-sender.js';
import { memberships } from './roles/memberships.js';
import { roomMembers } from './roles/room-members.js';
import { roomServer } from './roles/room-server.js';
import { payloadReceiver } from './roles/payload-receiver.js';
import { payloadSender } from './roles/payload-sender.js';
import { sendingCost } from './roles/sending-cost.js';
import { sink } from './roles/sink.js';
import { throttlingCost } from './roles/throttling-cost.js';

export const roles = {
  acceptingServer,
  binaryDecodingCost,
  comingAndGoing,
  decodingCost,
  echoClient,
  echoServer,
  fileReceiver,
  fileSender,
  idleClients,
  idleObjects,
  idleServer,
  messageReceiver,
  messageSender,
  memberships,
  roomMembers,
  roomServer,
  payloadReceiver,
  payloadSender,
  sendingCost,
  sink,
  throttlingCost,
} as const;

export type RoleName = keyof typeof roles;
type RoleOf<Name extends RoleName> = (typeof roles)[Name];

export type SettingsOf<Name extends RoleName> = Parameters<RoleOf<Name>>[0];
export type ReadyOf<Name extends RoleName> = Parameters<Parameters<RoleOf<Name>>[1]>[0];
export type ResultOf<Name extends RoleName> = Awaited<ReturnType<RoleOf<Name>>>;
