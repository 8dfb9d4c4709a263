// What a file's rank forbids and no import shows: a door that does more than open, a pure file that reaches for the
// clock. In go path and text of one source file, out come sentences; none is good.

/** What is there without an import and is no computation. */
const REACHES_OUT = /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|new Date|performance\.|process\.|Math\.random|console\.)/;

/** A door has comments and explicit re-exports, values and types on separate lines. */
export function doorFindings(path: string, text: string): string[] {
  const statements = withoutComments(text).split(';').map((statement) => statement.trim()).filter((statement) => statement !== '');
  return statements
    .filter((statement) => !/^export (?:type )?\{[^}*]*\} from '(?:\.\/[\w/-]+\.js|@verb-tcp\/socket(?:\/[a-z]+)?)'$/.test(statement) || /\btype\b/.test(statement.slice('export type'.length)))
    .map((statement) => `${path}: a door only re-exports, by name, types on their own lines; move this: ${statement.split('\n')[0]}`);
}

export function pureFindings(path: string, text: string): string[] {
  const found = REACHES_OUT.exec(withoutComments(text))?.[0];
  return found === undefined ? [] : [`${path}: a pure file has no ${found}; let the shell pass the value in`];
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
}
