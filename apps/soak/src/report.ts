// Rows as text. Pure: what is printed and when is decided in session.ts.
import Table from 'cli-table3';
import type { Row } from './scenario.js';

export function renderRows(rows: readonly Row[]): string {
  const table = new Table({ head: ['what', 'figure', 'bound', ''], style: { head: [], border: [] } });
  for (const row of rows) table.push([row.what, row.figure, row.bound, verdictOf(row)]);
  return table.toString();
}

export function verdictOf({ holds }: Pick<Row, 'holds'>): string {
  if (holds === undefined) return 'cannot tell';
  return holds ? 'holds' : 'BROKEN';
}

export function renderSummary(rows: readonly Row[], seed: number): string {
  const broken = rows.filter(({ holds }) => holds === false);
  const untold = rows.filter(({ holds }) => holds === undefined).length;
  const tail = untold === 0 ? '' : `, ${untold} cannot be told here`;
  const head = `${rows.length} bounds: ${rows.length - broken.length - untold} hold, ${broken.length} broken${tail}; seed ${seed}`;
  return [head, ...broken.map(({ what, figure, bound }) => `  BROKEN ${what}: ${figure} (bound ${bound})`)].join('\n');
}
