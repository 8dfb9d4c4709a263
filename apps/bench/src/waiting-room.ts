// Two doors of one server for idle connections: the warm-up comes and goes through the first, the others come through the
// second and stay. The first of these gets a byte once the warm-up has gone: its clients wait for it before all come.
import { acceptors, type AcceptorName } from './acceptors.js';

export interface WaitingRoomSettings {
  acceptor: AcceptorName;
  warmup: number;
  connections: number;
}

/** `onWarm` is called when the warm-up has gone, `onArrival` for each of the others with their number; settles when all are in. */
export async function fillWaitingRoom(
  { acceptor, warmup, connections }: WaitingRoomSettings,
  ready: (value: { warmupPort: number; port: number }) => void,
  onWarm: () => void,
  onArrival: (here: number) => void,
): Promise<void> {
  let warm = 0;
  let noMoreWarmup: () => void = () => {};
  const warmupOver = new Promise<void>((resolve) => (noMoreWarmup = resolve));
  const first = await acceptors[acceptor].listen((socket) => {
    socket.resume();
    if (++warm === warmup) noMoreWarmup();
  });
  const isWarm = warmupOver.then(() => first.close()).then(onWarm);
  let here = 0;
  let fill: () => void = () => {};
  const full = new Promise<void>((resolve) => (fill = resolve));
  const second = await acceptors[acceptor].listen((socket) => {
    socket.resume();
    if (++here === 1) void isWarm.then(() => socket.write('!'));
    onArrival(here);
    if (here === connections) fill();
  });
  ready({ warmupPort: first.port, port: second.port });
  await Promise.all([isWarm, full]);
}
