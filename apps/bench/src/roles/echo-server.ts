// One echo server for each way, in one process, each for one client.
import { once } from 'node:events';
import { echoNames, echoWays, type EchoName } from '../echo.js';
import { listen } from '../loopback.js';

export async function echoServer(
  settings: object,
  ready: (value: Record<EchoName, number>) => void,
): Promise<{ closed: number }> {
  void settings;
  const ports = {} as Record<EchoName, number>;
  const closed: Promise<unknown>[] = [];
  for (const name of echoNames) {
    const listener = await listen();
    ports[name] = listener.port;
    closed.push(
      listener.accept().then((socket) => {
        listener.close();
        echoWays[name].serve(socket);
        return once(socket, 'close');
      }),
    );
  }
  ready(ports);
  await Promise.all(closed);
  return { closed: closed.length };
}
