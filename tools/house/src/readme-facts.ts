// Facts that a README repeats from the code: option names, defaults, error codes. In go the page and the declarations,
// out come sentences that say what differs; none is good.
import type { DeclaredOption } from './declarations.js';
import { codeWords, type Page } from './markdown.js';

const UNITS: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/**
 * Tables whose first column is headed `option…` or `handler…` hold every option, named before any bracket, and its
 * default in the column headed `default`, where they have one.
 */
export function optionFindings(page: Page, declared: readonly DeclaredOption[]): string[] {
  const documented = tablesHeaded(page, /^(option|handler)/i).flatMap(({ header, rows }) => {
    const column = header.findIndex((cell) => /^default/i.test(cell));
    return rows.flatMap((row) => codeWords(row[0] ?? '').map((word) => ({ name: word.replace(/\W.*$/, ''), cell: row[column] })));
  });
  return [
    ...differences('option', declared.map(({ name }) => name), documented.map(({ name }) => name)),
    ...documented.flatMap(({ name, cell }) => {
      const defaults = declared.filter((option) => option.name === name).map(expectedDefault);
      const agrees = cell === undefined || defaults.length === 0 || defaults.includes(readDefault(cell));
      return agrees ? [] : [`the README says that the default of \`${name}\` is ${cell}, @defaultValue says ${defaults.join(' or ')}`];
    }),
  ];
}

/** Tables whose first column is headed `code` hold every error code once. */
export function codeFindings(page: Page, declared: readonly string[]): string[] {
  const rows = tablesHeaded(page, /^code/i).flatMap((table) => table.rows);
  return differences('error code', declared, rows.flatMap((row) => codeWords(row[0] ?? '').filter((word) => word.startsWith('ERR_') || declared.includes(word))));
}

/** What `@defaultValue` says, against the value that the code resolves to when nothing is given. */
export function defaultFindings(declared: readonly DeclaredOption[], resolved: Readonly<Record<string, unknown>>): string[] {
  return declared
    .filter(({ name, defaultValue }) => defaultValue !== undefined && name in resolved)
    .filter(({ name, defaultValue = '' }) => ![showDefault(resolved[name]), PROSE].includes(readDefault(defaultValue)))
    .map(({ name, defaultValue }) => `@defaultValue of \`${name}\` is ${defaultValue}, the code says ${showDefault(resolved[name])}`);
}

function tablesHeaded(page: Page, header: RegExp): Page['tables'] {
  return page.tables.filter((table) => header.test((table.header[0] ?? '').replaceAll('`', '')));
}

function differences(what: string, declared: readonly string[], documented: readonly string[]): string[] {
  return [
    ...[...new Set(declared)].filter((name) => !documented.includes(name)).map((name) => `${what} \`${name}\` is not in the README's table`),
    ...[...new Set(documented)].filter((name) => !declared.includes(name)).map((name) => `${what} \`${name}\` of the README is not in the code`),
  ];
}

function expectedDefault({ defaultValue, required }: DeclaredOption): string {
  if (defaultValue !== undefined) return readDefault(defaultValue);
  return required ? 'required' : 'none';
}

/** A default that is no single value is told in words, which nothing here can compare. */
const PROSE = 'told in words';

/** One spelling for `65_536`, `65 536`, `64 KiB`; for quotes; and for cells without a value. A remark may follow. */
function readDefault(text: string): string {
  const plain = (/^`([^`]+)`/.exec(text)?.[1] ?? text).trim();
  if (/required/.test(text)) return 'required';
  if (/^(none|absent|–|-|—|)$/.test(plain)) return 'none';
  const [, digits, unit] = /^(\d[\d _]*)(?: ([KMG]iB))?(?:$|[,;( ])/.exec(plain) ?? [];
  if (digits !== undefined) return String(Number(digits.replaceAll(/[ _]/g, '')) * (UNITS[unit ?? ''] ?? 1));
  const isValue = !/\s/.test(plain) || /^['"[]/.test(plain);
  return isValue ? plain.replaceAll('"', "'").replaceAll(/\s/g, '') : PROSE;
}

function showDefault(value: unknown): string {
  if (typeof value === 'function') return value.name;
  if (typeof value === 'string') return `'${value}'`;
  if (value === Infinity) return 'Infinity';
  if (Array.isArray(value)) return `[${value.map(showDefault).join(',')}]`;
  return value === undefined ? 'none' : JSON.stringify(value);
}
