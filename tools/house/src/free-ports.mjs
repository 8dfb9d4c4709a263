// Loaded into an example before it runs (`node --import`). Examples name ports (8080) that may be taken here: each is
// replaced by a free one, for listening and for connecting, and the parent is told when a server listens.
import { Server, Socket } from 'node:net';

/** The free port that stands for a named one. @type {Map<number, number>} */
const free = new Map();

/** @type {any} */
const server = Server.prototype;
/** @type {any} */
const socket = Socket.prototype;
const { listen, emit } = server;
const { connect } = socket;

/** @param {any} target @param {(port: number) => number} port */
const translated = (target, port) =>
  typeof target === 'object' && target !== null && target.port > 0 ? { ...target, port: port(target.port) } : target;

server.listen = function (/** @type {any} */ first, /** @type {any[]} */ ...rest) {
  const named = typeof first === 'object' ? first?.port : first;
  this.once('listening', () => {
    const address = this.address();
    if (named > 0 && typeof address === 'object' && address) free.set(Number(named), address.port);
  });
  const target = typeof first === 'number' ? 0 : translated(first, () => 0);
  return listen.call(this, target, ...rest);
};

server.emit = function (/** @type {any} */ event, /** @type {any[]} */ ...args) {
  const heard = emit.call(this, event, ...args);
  if (event === 'listening') process.send?.(this.address());
  return heard;
};

socket.connect = function (/** @type {any} */ first, /** @type {any[]} */ ...rest) {
  const port = (/** @type {number} */ named) => free.get(named) ?? named;
  // `net.connect` hands its arguments on as one array.
  if (Array.isArray(first)) first[0] = translated(first[0], port);
  const target = typeof first === 'number' ? port(first) : translated(first, port);
  return connect.call(this, Array.isArray(first) ? first : target, ...rest);
};

// The channel to the parent must not keep an example alive that has ended.
process.channel?.unref();
