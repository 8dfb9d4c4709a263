// Times single round trips, block after block in turn over one connection for each way: the same two processes, so the
// scheduler and the machine treat all ways alike.
import { echoNames, echoWays, type EchoName } from '../echo.js';
import { dial } from '../loopback.js';
import { messagesOf } from '../payload.js';
import { quantile } from '../statistics.js';

/** Microseconds of a round trip. */
export interface RoundTrip {
  p50: number;
  p99: number;
}

type Block = (roundTrips: number) => Promise<Float64Array>;

export async function echoClient(
  settings: { ports: Record<EchoName, number>; bytes: number; blocks: number; roundTrips: number },
  ready: (value: undefined) => void,
): Promise<Record<EchoName, RoundTrip>> {
  const { ports, bytes, blocks, roundTrips } = settings;
  const runs = new Map<EchoName, Block>();
  const times = new Map<EchoName, number[]>();
  const sockets: { destroy(): unknown }[] = [];
  for (const name of echoNames) {
    const { run, socket } = await blockOf(name, ports[name], bytes);
    runs.set(name, run);
    times.set(name, []);
    sockets.push(socket);
  }
  ready(undefined);
  // The first two blocks of each are the warm-up.
  for (let block = -2; block < blocks; block++) {
    for (let turn = 0; turn < echoNames.length; turn++) {
      const name = echoNames[(block + 2 + turn) % echoNames.length] as EchoName;
      const micros = await (runs.get(name) as Block)(roundTrips);
      if (block >= 0) times.get(name)?.push(...micros);
    }
  }
  for (const socket of sockets) socket.destroy();
  const entries = echoNames.map((name) => {
    const micros = times.get(name) as number[];
    return [name, { p50: quantile(micros, 0.5), p99: quantile(micros, 0.99) }] as const;
  });
  return Object.fromEntries(entries) as Record<EchoName, RoundTrip>;
}

async function blockOf(name: EchoName, port: number, bytes: number): Promise<{ run: Block; socket: { destroy(): unknown } }> {
  const socket = await dial(port);
  const [message] = messagesOf(bytes, 1);
  let micros = new Float64Array();
  let done = 0;
  let sentAt = 0;
  let finish: () => void = () => {};
  const next = (): void => {
    sentAt = performance.now();
    send();
  };
  const send = echoWays[name].client(socket, message as NonNullable<typeof message>, () => {
    micros[done++] = (performance.now() - sentAt) * 1000;
    if (done < micros.length) next();
    else finish();
  });
  const run: Block = (roundTrips) =>
    new Promise((resolve, reject) => {
      micros = new Float64Array(roundTrips);
      done = 0;
      const onClose = (): void => reject(new Error(`${name}: closed after ${done} of ${roundTrips} round trips`));
      socket.once('close', onClose);
      finish = () => {
        socket.off('close', onClose);
        resolve(micros);
      };
      next();
    });
  return { run, socket };
}
