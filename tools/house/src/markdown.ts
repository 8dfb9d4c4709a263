// What the checks need of a Markdown page: its tables and its code blocks, each with the heading that it stands under.

export interface Table {
  heading: string;
  header: string[];
  rows: string[][];
}

export interface CodeBlock {
  heading: string;
  /** The first word behind the fence, such as `ts`. */
  language: string;
  text: string;
  /** The line of the page on which the code begins, counting from 1. */
  line: number;
}

export interface Page {
  tables: Table[];
  blocks: CodeBlock[];
}

/** Reads a page: GitHub's tables (a header row, a row of dashes) and fenced blocks; nothing else is looked at. */
export function readPage(markdown: string): Page {
  const lines = markdown.split('\n');
  const page: Page = { tables: [], blocks: [] };
  let heading = '';
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? '';
    if (line.startsWith('```')) {
      const end = lines.findIndex((candidate, index) => index > at && candidate.startsWith('```'));
      const text = lines.slice(at + 1, end === -1 ? undefined : end).join('\n');
      page.blocks.push({ heading, language: line.slice(3).trim().split(' ')[0] ?? '', text, line: at + 2 });
      at = end === -1 ? lines.length : end;
    } else if (/^#+ /.test(line)) {
      heading = line.replace(/^#+ /, '');
    } else if (/^\|[\s:|-]+\|$/.test(lines[at + 1] ?? '') && line.startsWith('|')) {
      const end = lines.findIndex((candidate, index) => index > at && !candidate.startsWith('|'));
      const rows = lines.slice(at + 2, end === -1 ? undefined : end).map(readCells);
      page.tables.push({ heading, header: readCells(line), rows });
      at = (end === -1 ? lines.length : end) - 1;
    }
  }
  return page;
}

function readCells(line: string): string[] {
  return line
    .replace(/^\||\|\s*$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.replaceAll('\\|', '|').trim());
}

/** The words of a cell that stand in backticks. */
export function codeWords(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => String(match[1]));
}
