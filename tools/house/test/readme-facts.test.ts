// A README repeats names, defaults and codes for its reader; here each is compared with the code.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { declaredCodes, declaredOptions, optionFiles } from '../src/declarations.js';
import { readPage, type Page } from '../src/markdown.js';
import { codeFindings, defaultFindings, optionFindings } from '../src/readme-facts.js';
import { packages, read, type Package } from '../src/workspace.js';

/** What a module of options gives when it is given nothing: its `default…` tables and the answers of its `resolve…`. */
async function resolvedDefaults({ folder }: Package, file: string): Promise<Record<string, unknown>> {
  const exports = (await import(join(folder, 'src', `${file}.ts`))) as Record<string, unknown>;
  const values = Object.entries(exports).map(([name, value]) => {
    if (name.startsWith('default')) return value;
    if (!name.startsWith('resolve') || typeof value !== 'function') return {};
    try {
      return value({});
    } catch {
      return {}; // some option of it has no default
    }
  });
  return Object.assign({}, ...values) as Record<string, unknown>;
}

describe.each(packages)('the README of $room', (of) => {
  const page = (): Page => readPage(read(`packages/${of.room}/README.md`));

  it('lists every option with its default', () => {
    expect(optionFindings(page(), declaredOptions(of))).toEqual([]);
  });

  it('lists every error code', () => {
    expect(codeFindings(page(), declaredCodes(of))).toEqual([]);
  });

  it('stands on @defaultValue tags that say what the code does', async () => {
    for (const file of optionFiles(of)) {
      expect(defaultFindings(declaredOptions(of, [file]), await resolvedDefaults(of, file)), file).toEqual([]);
    }
  });
});

describe('a fact that is wrong in a README is found', () => {
  const options = [
    { name: 'maxMessageBytes', defaultValue: '1048576', required: false },
    { name: 'encode', defaultValue: undefined, required: false },
  ];
  const table = '| option | default | meaning |\n| --- | --- | --- |\n| `maxMessageBytes` | 1 MiB | … |\n| `encode` | – | … |\n';

  it('but not where all agrees, in whatever spelling', () => {
    for (const spelling of ['1 MiB', '1048576', '`1048576`', '1 048 576', '1_048_576, or less']) {
      expect(optionFindings(readPage(table.replace('1 MiB', spelling)), options), spelling).toEqual([]);
    }
  });

  it('nor where a default is told in words, or handlers have a table without defaults', () => {
    const told = [{ name: 'onError', defaultValue: 'a warning, once', required: false }];
    expect(optionFindings(readPage('| handler | when |\n| --- | --- |\n| `onError(error)` | … |\n'), told)).toEqual([]);
    expect(optionFindings(readPage('| option | default |\n| --- | --- |\n| `onError` | a warning |\n'), told)).toEqual([]);
    expect(defaultFindings(told, { onError: undefined })).toEqual([]);
  });

  it.each([
    ['an option is missing', table.replace('`encode`', 'encode'), 'option `encode` is not in the README\'s table'],
    ['an option is invented', `${table}| \`decode\` | – | … |\n`, 'option `decode` of the README is not in the code'],
    [
      'a default differs',
      table.replace('1 MiB', '2 MiB'),
      'the README says that the default of `maxMessageBytes` is 2 MiB, @defaultValue says 1048576',
    ],
    [
      'a default is claimed for an option without one',
      table.replace('| – |', '| `JSON` |'),
      'the README says that the default of `encode` is `JSON`, @defaultValue says none',
    ],
  ])('when %s', (_, markdown, finding) => {
    expect(optionFindings(readPage(markdown), options)).toEqual([finding]);
  });

  it('when an error code is missing or invented', () => {
    const page = readPage('| code | when |\n| --- | --- |\n| `ERR_B` | … |\n');
    expect(codeFindings(page, ['ERR_A', 'ERR_B'])).toEqual(["error code `ERR_A` is not in the README's table"]);
    expect(codeFindings(page, [])).toEqual(['error code `ERR_B` of the README is not in the code']);
  });

  it('when @defaultValue is not what the code does', () => {
    expect(defaultFindings(options, { maxMessageBytes: 1024 })).toEqual([
      '@defaultValue of `maxMessageBytes` is 1048576, the code says 1024',
    ]);
  });
});
