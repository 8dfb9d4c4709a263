// A long line between two other processes: so many bytes a second in each direction, and half of the round trip each way.
import { faultProxy } from '@verb-tcp/testing';

export async function muxProxy(
  { port, bytesPerSecond, roundTripMs }: { port: number; bytesPerSecond: number; roundTripMs: number },
  ready: (value: { port: number }) => void,
): Promise<never> {
  const proxy = await faultProxy({
    upstream: { port },
    faults: [
      { type: 'bandwidth', bytesPerSecond },
      { type: 'latency', delay: roundTripMs / 2 },
    ],
  });
  ready({ port: proxy.port });
  // It is ended with the scope of whoever wants it.
  return new Promise<never>(() => {});
}
