// The model as a program, for long runs: `main.js <operations> <seed>`. It sends its report to its parent and ends.
import { TCPStreamMultiplexer } from '@verb-tcp/mux';
import { runModel } from './run.js';

const [operations, seed] = process.argv.slice(2).map(Number);
if (operations === undefined || seed === undefined) throw new Error('usage: main.js <operations> <seed>');
const report = await runModel({ makeMux: (socket, options) => new TCPStreamMultiplexer(socket, options), operations, seed });
process.send?.(report, () => process.disconnect());
