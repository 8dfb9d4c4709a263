// Every role that a child process can play, loaded by the child that plays it: what the others compare with would take a
// quarter of a second of every start. The types follow from the functions.

export const roles = {
  acceptingServer: async () => (await import('./roles/accepting-server.js')).acceptingServer,
  binaryDecodingCost: async () => (await import('./roles/binary-decoding-cost.js')).binaryDecodingCost,
  comingAndGoing: async () => (await import('./roles/coming-and-going.js')).comingAndGoing,
  decodingCost: async () => (await import('./roles/decoding-cost.js')).decodingCost,
  echoClient: async () => (await import('./roles/echo-client.js')).echoClient,
  echoServer: async () => (await import('./roles/echo-server.js')).echoServer,
  fileReceiver: async () => (await import('./roles/file-receiver.js')).fileReceiver,
  fileSender: async () => (await import('./roles/file-sender.js')).fileSender,
  idleClients: async () => (await import('./roles/idle-clients.js')).idleClients,
  idleObjects: async () => (await import('./roles/idle-objects.js')).idleObjects,
  idleServer: async () => (await import('./roles/idle-server.js')).idleServer,
  idleStreams: async () => (await import('./roles/idle-streams.js')).idleStreams,
  memberships: async () => (await import('./roles/memberships.js')).memberships,
  messageReceiver: async () => (await import('./roles/message-receiver.js')).messageReceiver,
  messageSender: async () => (await import('./roles/message-sender.js')).messageSender,
  muxAnswerer: async () => (await import('./roles/mux-answerer.js')).muxAnswerer,
  muxProxy: async () => (await import('./roles/mux-proxy.js')).muxProxy,
  muxReceiver: async () => (await import('./roles/mux-receiver.js')).muxReceiver,
  muxRequester: async () => (await import('./roles/mux-requester.js')).muxRequester,
  muxSender: async () => (await import('./roles/mux-sender.js')).muxSender,
  muxVisited: async () => (await import('./roles/mux-visited.js')).muxVisited,
  muxVisitors: async () => (await import('./roles/mux-visitors.js')).muxVisitors,
  payloadReceiver: async () => (await import('./roles/payload-receiver.js')).payloadReceiver,
  payloadSender: async () => (await import('./roles/payload-sender.js')).payloadSender,
  roomMembers: async () => (await import('./roles/room-members.js')).roomMembers,
  roomServer: async () => (await import('./roles/room-server.js')).roomServer,
  sendingCost: async () => (await import('./roles/sending-cost.js')).sendingCost,
  sink: async () => (await import('./roles/sink.js')).sink,
  throttlingCost: async () => (await import('./roles/throttling-cost.js')).throttlingCost,
} as const;

export type RoleName = keyof typeof roles;
type RoleOf<Name extends RoleName> = Awaited<ReturnType<(typeof roles)[Name]>>;

export type SettingsOf<Name extends RoleName> = Parameters<RoleOf<Name>>[0];
export type ReadyOf<Name extends RoleName> = Parameters<Parameters<RoleOf<Name>>[1]>[0];
export type ResultOf<Name extends RoleName> = Awaited<ReturnType<RoleOf<Name>>>;
