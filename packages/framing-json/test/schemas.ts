// Standard Schema validators made by hand: what a library would give, without the library.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { SchemaResult, StandardSchema } from '../src/index.js';

export interface Point {
  x: number;
}

function checkPoint(value: unknown): SchemaResult<Point> {
  const x: unknown = (value as Partial<Point> | null)?.x;
  if (typeof x !== 'number') return { issues: [{ message: 'Expected number', path: ['x'] }] };
  return { value: { x } };
}

/** Takes `{ x: number }` and drops every other key. */
export const point: StandardSchema<Point> = standard(checkPoint);

/** The same, answering after as many turns as `x` says, so that answers come out of order where nobody sees to it. */
export const slowPoint: StandardSchema<Point> = standard(async (value) => {
  const result = checkPoint(value);
  const turns = result.issues === undefined ? result.value.x : 1;
  for (let turn = 0; turn < turns; turn++) await nextTurn();
  return result;
});

/** Takes text and gives its length, so that what comes in and what goes out have different types. */
export const lengthOfText: StandardSchema<string, number> = standard((value) =>
  typeof value === 'string' ? { value: value.length } : { issues: [{ message: 'Expected string' }] },
);

export function standard<Input, Output>(
  validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>,
): StandardSchema<Input, Output> {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}
