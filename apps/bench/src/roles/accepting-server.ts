// Takes connections that are closed at once: the warm-up on one port, those that are measured on another, which may come
// in blocks with pauses between them. It only counts them and reads on, so that it sees their end.
import { acceptors, type AcceptorName } from '../acceptors.js';

/** CPU time from the last close of the warm-up to the last close. */
export interface Accepted {
  connections: number;
  cpuMicros: number;
}

export async function acceptingServer(
  settings: { acceptor: AcceptorName; warmup: number; connections: number },
  ready: (value: { warmupPort: number; port: number }) => void,
): Promise<Accepted> {
  const { acceptor, warmup, connections } = settings;
  const first = await admit(acceptor, warmup);
  const measured = await admit(acceptor, connections);
  ready({ warmupPort: first.port, port: measured.port });
  await first.gone;
  const before = process.cpuUsage();
  const accepted = await measured.gone;
  const { user, system } = process.cpuUsage(before);
  return { connections: accepted, cpuMicros: user + system };
}

/** `gone` settles when so many have come, and all of them have gone; with their number. */
async function admit(acceptor: AcceptorName, connections: number): Promise<{ port: number; gone: Promise<number> }> {
  let accepted = 0;
  let close: () => void = () => {};
  const full = new Promise<void>((resolve) => (close = resolve));
  const door = await acceptors[acceptor].listen((socket) => {
    socket.resume();
    if (++accepted === connections) close();
  });
  return { port: door.port, gone: full.then(() => door.close()).then(() => accepted) };
}
