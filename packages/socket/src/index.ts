// The contract, types only: nothing here exists at run time.
export type { TCPSocket } from './tcp-socket.js';
