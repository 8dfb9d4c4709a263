// Counts the objects that idle connections consist of, between a few of them and many: a process of its own, since
// counting takes more memory than they do.
import { ObjectCount } from '../memory.js';
import { fillWaitingRoom, type WaitingRoomSettings } from '../waiting-room.js';

export async function idleObjects(
  settings: WaitingRoomSettings & { few: number },
  ready: (value: { warmupPort: number; port: number }) => void,
): Promise<{ bytes: number }> {
  const { few, connections } = settings;
  using count = new ObjectCount();
  await fillWaitingRoom(settings, ready, () => {}, (here) => {
    if (here === few || here === connections) count.take();
  });
  const [ofFew, ofAll] = count.bytes() as [number, number];
  return { bytes: (ofAll - ofFew) / (connections - few) };
}
