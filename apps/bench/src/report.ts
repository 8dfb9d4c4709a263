// Answers as text. Pure: what is printed and when is decided in main.ts.
import Table from 'cli-table3';
import type { Verdict } from './bar.js';
import type { Answer, Row, Table as Figures } from './question.js';
import type { Spread } from './statistics.js';

export function renderAnswer(answer: Answer): string {
  const verdicts = answer.verdicts.length === 0 ? [] : [renderVerdicts(answer.verdicts)];
  return [...answer.tables.map(renderTable), ...verdicts].join('\n\n');
}

function renderTable({ title, unit, rows }: Figures): string {
  const notes = [...new Set(rows.flatMap((row) => Object.keys(row.notes ?? {})))];
  const table = new Table({
    head: ['contender', `median ${unit}`, 'min – max', ...notes, 'settings'],
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push(cellsOf(row, notes));
  return `${title}\n${table.toString()}`;
}

function cellsOf({ contender, figure, notes = {}, settings }: Row, columns: string[]): string[] {
  const range = `${formatFigure(figure.min)} – ${formatFigure(figure.max)}`;
  return [contender, formatFigure(figure.median), range, ...columns.map((column) => notes[column] ?? ''), settings];
}

function renderVerdicts(verdicts: readonly Verdict[]): string {
  const table = new Table({ head: ['bar', 'wanted', 'median', 'min – max', ''], style: { head: [], border: [] } });
  for (const { bar, ratio, holds } of verdicts) {
    const wanted = 'atLeast' in bar ? `≥ ${bar.atLeast.toFixed(2)}` : `≤ ${bar.atMost.toFixed(2)}`;
    table.push([bar.what, wanted, ratio.median.toFixed(2), rangeOf(ratio), holds ? 'holds' : 'BELOW THE BAR']);
  }
  return table.toString();
}

function rangeOf({ min, max }: Spread): string {
  return `${min.toFixed(2)} – ${max.toFixed(2)}`;
}

/** Three or four significant figures: more would be noise. */
export function formatFigure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-US');
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
