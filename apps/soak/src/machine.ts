// What the figures were measured on.
import { cpus, loadavg, platform, release } from 'node:os';

export function describeMachine(now: Date): string {
  const cores = cpus();
  const model = cores[0]?.model.trim() ?? 'unknown processor';
  const day = now.toISOString().slice(0, 10);
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return `${day}, Node ${process.versions.node}, ${platform()} ${release()}, ${cores.length} × ${model}, load ${load}`;
}
