// The child's side of child.ts: becomes the role it is told to, runs the methods it is asked for, and ends with its parent.
import type { Answer, Order } from './child.js';
import { roles } from './roles.js';

type Actor = Record<string, (...args: unknown[]) => unknown>;

let actor: Actor | undefined;

async function run(order: Order): Promise<unknown> {
  if ('role' in order) {
    actor = roles[order.role](order.settings as never) as unknown as Actor;
    return undefined;
  }
  const method = actor?.[order.method];
  if (method === undefined) throw new Error(`no method ${order.method}`);
  return method(...order.args);
}

// Node opens them when they are first asked for, and asks for them when the first socket closes: no leak of a scenario's.
void process.stdout;
void process.stderr;

process.on('message', (order: Order) => {
  const { id } = order;
  run(order).then(
    (value) => send({ id, value }),
    (error: unknown) => send({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});
process.once('disconnect', () => process.exit());

function send(answer: Answer): void {
  process.send?.(answer);
}
