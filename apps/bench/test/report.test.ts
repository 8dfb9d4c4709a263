import { describe, expect, test } from 'vitest';
import { describeMachine } from '../src/machine.js';
import { formatFigure, renderAnswer } from '../src/report.js';

describe('a report', () => {
  test('shows each contender with its settings, and each bar with its verdict', () => {
    const text = renderAnswer({
      tables: [
        {
          title: 'Speed',
          unit: 'messages/s',
          rows: [
            { contender: 'ours', settings: 'defaults', figure: { median: 1_234_567, min: 1, max: 2 }, notes: { 'CPU µs': '0.9' } },
            { contender: 'theirs', settings: 'as documented', figure: { median: 12.345, min: 1, max: 2 } },
          ],
        },
      ],
      verdicts: [
        { bar: { what: 'ours ÷ theirs', atLeast: 2 }, ratio: { median: 2.5, min: 2, max: 3 }, holds: true },
        { bar: { what: 'cost', atMost: 1.05 }, ratio: { median: 1.18, min: 1.1, max: 1.3 }, holds: false },
      ],
    });
    const lines = text.split('\n');
    const lineWith = (part: string): string[] =>
      (lines.find((line) => line.includes(part)) ?? '').split('│').map((cell) => cell.trim()).filter((cell) => cell !== '');
    expect(lines[0]).toBe('Speed');
    expect(lineWith('contender')).toEqual(['contender', 'median messages/s', 'min – max', 'CPU µs', 'settings']);
    expect(lineWith('defaults')).toEqual(['ours', '1,234,567', '1.00 – 2.00', '0.9', 'defaults']);
    expect(lineWith('as documented')).toEqual(['theirs', '12.3', '1.00 – 2.00', 'as documented']);
    expect(lineWith('ours ÷ theirs')).toEqual(['ours ÷ theirs', '≥ 2.00', '2.50', '2.00 – 3.00', 'holds']);
    expect(lineWith('cost')).toEqual(['cost', '≤ 1.05', '1.18', '1.10 – 1.30', 'BELOW THE BAR']);
  });

  test.each([
    [0.123456, '0.123'],
    [12.345, '12.3'],
    [123.4, '123'],
    [9999.5, '10,000'],
  ])('writes %d as %s', (value, wanted) => {
    expect(formatFigure(value)).toBe(wanted);
  });

  test('says what it was measured on', () => {
    expect(describeMachine(new Date('2026-11-22T12:00:00Z'))).toMatch(/^2026-11-22, Node \d+\.\d+\.\d+, \w+ \S+, \d+ × \S/);
  });
});
