// What the figures were measured on.
import { cpus, platform, release } from 'node:os';
import manifest from '../package.json' with { type: 'json' };

export function describeMachine(now: Date): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() ?? 'unknown processor';
  const day = now.toISOString().slice(0, 10);
  return `${day}, Node ${process.versions.node}, ${platform()} ${release()}, ${cores.length} × ${model}`;
}

/** `split2 4.2.0`, from the exact versions that this app pins. */
export function withVersion(label: string, packageName: string | undefined): string {
  if (packageName === undefined) return label;
  const pinned = (manifest.devDependencies as Record<string, string>)[packageName];
  if (pinned === undefined) throw new Error(`${packageName} is not a pinned development dependency of apps/bench`);
  return `${label} ${pinned}`;
}

/** Other work on the same cores shows in every figure, and most in those by the clock. */
export function busyNote(load: number, cores: number): string | undefined {
  if (load <= cores / 2) return undefined;
  return `This machine is busy (load ${load.toFixed(1)} on ${cores} cores): trust the figures in CPU time, and run again for the rest.`;
}
