// Who may import whom. The rules stand in tools/house/src/walls.mjs, made from the floor plan beside it;
// `pnpm --filter house walls` shows what they find.
import { readdirSync, readFileSync } from 'node:fs';
import { walls } from './tools/house/src/walls.mjs';

const packages = new URL('packages/', import.meta.url);

/** The source files that `exports` names, without extension. */
function doorsOf(room) {
  const { exports } = JSON.parse(readFileSync(new URL(`${room}/package.json`, packages), 'utf8'));
  return Object.values(exports).flatMap((door) => door['verb-tcp-source']?.match(/([^/]+)\.ts$/)?.[1] ?? []);
}

export default walls(Object.fromEntries(readdirSync(packages).map((room) => [room, doorsOf(room)])));
