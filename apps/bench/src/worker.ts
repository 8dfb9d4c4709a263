// The child's side of child.ts: plays the one role it is told to, reports twice, and ends.
import type { Order, Report } from './child.js';
import { roles } from './roles.js';

type Play = (settings: unknown, ready: (value: unknown) => void) => Promise<unknown>;

process.once('message', ({ role, settings }: Order) => {
  const load = roles[role] as () => Promise<Play>;
  load().then((play) => play(settings, (value) => report({ what: 'ready', value }))).then(
    (value) => report({ what: 'result', value }, 0),
    (error: unknown) => report({ what: 'failed', value: error instanceof Error ? error.stack : String(error) }, 1),
  );
});

/** Exits with the code, if there is one, as soon as the parent has the report. */
function report(message: Report, exitCode?: number): void {
  process.send?.(message, () => {
    if (exitCode !== undefined) process.exit(exitCode);
  });
}
