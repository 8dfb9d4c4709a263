// Many clients of one port, so many of them under way at a time.
import { connect, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/** Runs `one` so many times, at most `atOnce` of them at a time; the first failure ends it. */
export async function repeat(times: number, atOnce: number, one: () => Promise<void>): Promise<void> {
  let begun = 0;
  const worker = async (): Promise<void> => {
    while (begun++ < times) await one();
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, times) }, worker));
}

/** Connects, ends at once, and settles when the server has ended too. */
export function comeAndGo(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST }, () => socket.end());
    // Or the server's end goes unseen.
    socket.resume();
    socket.once('error', reject);
    socket.once('close', () => resolve());
  });
}

/** Connects and stays. */
export function comeAndStay(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: HOST }, () => resolve(socket));
    socket.resume();
    socket.once('error', reject);
  });
}
