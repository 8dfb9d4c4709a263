// Takes bytes from one connection and counts them, as cheaply as can be.
import { once } from 'node:events';
import { listen } from '../loopback.js';

export async function sink(settings: object, ready: (value: { port: number }) => void): Promise<{ bytes: number }> {
  void settings;
  const listener = await listen();
  ready({ port: listener.port });
  const socket = await listener.accept();
  listener.close();
  socket.resume();
  await once(socket, 'close');
  return { bytes: socket.bytesRead };
}
