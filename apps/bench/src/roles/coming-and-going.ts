// The clients of accepting servers: block after block, each server in turn, so that whatever the machine does meanwhile
// meets them all alike.
import { comeAndGo, repeat } from '../crowd.js';

export async function comingAndGoing(
  settings: {
    ports: readonly { warmupPort: number; port: number }[];
    warmup: number;
    blocks: number;
    perBlock: number;
    atOnce: number;
  },
  ready: (value: undefined) => void,
): Promise<{ connections: number }> {
  const { ports, warmup, blocks, perBlock, atOnce } = settings;
  ready(undefined);
  for (const { warmupPort } of ports) await repeat(warmup, atOnce, () => comeAndGo(warmupPort));
  for (let block = 0; block < blocks; block++) {
    for (let turn = 0; turn < ports.length; turn++) {
      const { port } = ports[(block + turn) % ports.length] as { port: number };
      await repeat(perBlock, atOnce, () => comeAndGo(port));
    }
  }
  return { connections: blocks * perBlock };
}
