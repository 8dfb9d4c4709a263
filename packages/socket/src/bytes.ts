// Byte tools that every framing needs: one for what comes in, one for what goes out.
export { ByteQueue } from './byte-queue.js';
export { corkForTurn } from './cork-for-turn.js';
