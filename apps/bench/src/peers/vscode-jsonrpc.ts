import type { Socket } from 'node:net';
import * as rpc from 'vscode-jsonrpc/node';
import type { Message } from '../payload.js';
import type { MessagePeer } from '../peer.js';

const message = new rpc.NotificationType<Message>('message');
/** It has no `false` to go by: so many notifications may be under way before one waits for the last. */
const MAX_UNDER_WAY = 100;

function connection(socket: Socket): rpc.MessageConnection {
  return rpc.createMessageConnection(new rpc.SocketMessageReader(socket), new rpc.SocketMessageWriter(socket));
}

export const vscodeJsonrpc: MessagePeer = {
  settings: `createMessageConnection, sendNotification (awaited by ${MAX_UNDER_WAY}), onNotification`,
  package: 'vscode-jsonrpc',
  sender(socket) {
    const rpcConnection = connection(socket);
    rpcConnection.listen();
    let underWay = 0;
    let last = Promise.resolve();
    return {
      send(params) {
        last = rpcConnection.sendNotification(message, params);
        return ++underWay < MAX_UNDER_WAY;
      },
      drained() {
        underWay = 0;
        return last;
      },
    };
  },
  receiver(socket, onMessage) {
    const rpcConnection = connection(socket);
    rpcConnection.onNotification(message, onMessage);
    rpcConnection.listen();
  },
};
