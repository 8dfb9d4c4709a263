// The clients of an idle server: they come, say nothing, and stay until it is gone.
import { once } from 'node:events';
import { comeAndGo, comeAndStay, repeat } from '../crowd.js';

export async function idleClients(
  settings: { warmupPort: number; port: number; warmup: number; connections: number; atOnce: number },
  ready: (value: undefined) => void,
): Promise<{ connections: number }> {
  const { warmupPort, port, warmup, connections, atOnce } = settings;
  ready(undefined);
  await repeat(warmup, atOnce, () => comeAndGo(warmupPort));
  const first = await comeAndStay(port);
  await once(first, 'data');
  let here = 1;
  let gone = 0;
  const allGone = new Promise<void>((resolve, reject) => {
    const leave = (): void => {
      if (here < connections) {
        reject(new Error(`the server dropped a connection when ${here} were open: is its limit of open files (ulimit -n) lower?`));
      } else if (++gone === connections) resolve();
    };
    first.once('close', leave);
    void repeat(connections - 1, atOnce, async () => {
      const socket = await comeAndStay(port);
      here++;
      socket.once('close', leave);
    }).catch(reject);
  });
  await allGone;
  return { connections: here };
}
