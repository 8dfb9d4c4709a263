// What a peer and a check are, and how a check says that something is not as it should be.
import { isDeepStrictEqual, inspect } from 'node:util';
import type { Scope } from './scope.js';

/** One thing that must be true with the real peer. */
export interface Check {
  readonly title: string;
  /** Gives what was seen, in a few words. @throws where that is wrong; `Skip` where it cannot be looked at here. */
  run(scope: Scope): Promise<string>;
}

/** A program of others that a package of ours must get along with. */
export interface Peer {
  readonly name: string;
  /** The programs without which nothing can be shown, each with the Debian package that has it. */
  readonly needs: Readonly<Record<string, string>>;
  /** The command whose first line tells which version this was shown with. */
  readonly version: readonly [string, ...string[]];
  /** Makes what the checks share, in a scope that outlives them. */
  prepare(scope: Scope): Promise<readonly Check[]>;
}

/** Thrown by a check that cannot run on this machine, with the reason. */
export class Skip extends Error {}

export function check(title: string, run: Check['run']): Check {
  return { title, run };
}

/** @throws unless `seen` is deeply `expected`; says both. */
export function same(what: string, seen: unknown, expected: unknown): void {
  if (!isDeepStrictEqual(seen, expected)) throw new Error(`${what}: saw ${show(seen)}, expected ${show(expected)}`);
}

/** @throws unless `seen` lies between the two, ends included. */
export function within(what: string, seen: number, from: number, to: number): void {
  if (!(seen >= from && seen <= to)) throw new Error(`${what}: saw ${seen}, expected ${from} to ${to}`);
}

/** @throws unless `seen` matches; gives the match. */
export function matches(what: string, seen: string, pattern: RegExp): RegExpExecArray {
  const match = pattern.exec(seen);
  if (match === null) throw new Error(`${what}: saw ${show(seen.slice(0, 2000))}, expected ${pattern}`);
  return match;
}

function show(value: unknown): string {
  return inspect(value, { breakLength: Infinity, depth: 5 });
}
