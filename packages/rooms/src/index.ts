// Named groups of TCPSockets.
export { TCPRoomManager } from './room-manager.js';
export { RoomsError } from './errors.js';

export type {
  ClientInfo,
  DroppedMessage,
  RoomStats,
  SlowConsumerAction,
  SlowConsumerPolicy,
  SlowMember,
  TCPRoomManagerEvents,
} from './events.js';
export type { TCPRoomManagerOptions } from './options.js';
export type { RoomsErrorCode, RoomsErrorFacts } from './errors.js';
