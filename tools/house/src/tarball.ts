// What a packed package must keep to, by our rules and by those of publint and attw. In go its manifest and files; out
// come sentences, and none is good.
import { checkPackage, Package } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import ts from 'typescript';
import type { Manifest } from './workspace.js';

const ALLOWED = /^(package\.json|README\.md|LICENSE|CHANGELOG\.md|SPEC\.md|(dist|src)\/.+)$/;
const NEEDED = ['package.json', 'README.md', 'LICENSE'];
const CONTRACT = '@verb-tcp/socket';
/** `attw --profile esm-only`: who cannot load ES modules is not asked. */
const NOT_ASKED = new Set(['node10', 'node16-cjs']);

/** A package's files: path below its folder → bytes. */
export type PackedFiles = ReadonlyMap<string, Uint8Array>;

export function manifestFindings(manifest: Manifest, files: readonly string[], isContract: boolean): string[] {
  const expected = isContract ? '' : CONTRACT;
  const dependencies = Object.keys(manifest.dependencies ?? {}).join(', ');
  const protocols = ['workspace:', 'catalog:'].filter((protocol) => JSON.stringify(manifest).includes(`"${protocol}`));
  const targets = Object.values(manifest.exports).flatMap((door) => (typeof door === 'string' ? [door] : Object.values(door)));
  // Chunks are what several doors have in common.
  const built = files.filter((file) => /^dist\/.*\.js$/.test(file) && !file.startsWith('dist/chunk-'));
  return [
    ...(dependencies === expected ? [] : [`dependencies must be {${expected}}, they are {${dependencies}}`]),
    ...protocols.map((protocol) => `"${protocol}" is left in the manifest; pack it with pnpm`),
    ...targets.filter((target) => !files.includes(target.slice(2))).map((target) => `${target} is not in it, though \`exports\` names it`),
    ...built.filter((file) => !targets.includes(`./${file}`)).map((file) => `${file} is behind no door of \`exports\``),
    ...files.filter((file) => !ALLOWED.test(file)).map((file) => `${file} is nothing users need: narrow \`files\``),
    ...NEEDED.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
  ];
}

/** Imports of a built file that are neither relative, nor `node:`, nor the contract. */
export function foreignImports(file: string, text: string): string[] {
  return ts
    .preProcessFile(text)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((specifier) => !/^(\.\.?\/|node:|@verb-tcp\/socket(\/|$))/.test(specifier))
    .map((specifier) => `${file} imports ${specifier}`);
}

/** `publint --strict`. */
export async function publintFindings(files: PackedFiles): Promise<string[]> {
  const pack = { files: [...files].map(([path, data]) => ({ name: `package/${path}`, data })) };
  const { messages, pkg } = await publint({ pack, pkgDir: 'package', strict: true });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

/** `attw --profile esm-only`: do the types resolve as the code does, for each way to import? */
export async function attwFindings(files: PackedFiles, { name, version }: Manifest): Promise<string[]> {
  const paths = [...files].map(([path, data]) => [`/node_modules/${name}/${path}`, data] as const);
  const analysis = await checkPackage(new Package(Object.fromEntries(paths), name, version));
  if (!analysis.types) return ['it has no types'];
  return analysis.problems
    .filter((problem) => !('resolutionKind' in problem && NOT_ASKED.has(problem.resolutionKind)))
    .map((problem) => JSON.stringify(problem));
}
