// What every file of the repository keeps to, whatever is in it: its name, its length, and nothing of one machine. In
// goes one file, out come sentences that say what to do; none is good.
import { basename, extname } from 'node:path';

const MAX_LINES = 300;
/** Where names are ours to choose: below these folders, and not the files whose names tools and readers fix. */
const NAMED_BY_US = /^(packages|apps|tools|scripts)\//;
const NAMED_BY_TOOLS = /^(README|CHANGELOG|LICENSE|SPEC)(\.md)?$/;
const KEBAB_CASE = /^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config|base|d))?(\.[a-z]+)?$/;
/** Names that say nothing about what is inside: everything ends up there. */
const NAMELESS = /^(utils?|helpers?|common|shared|misc|types?|constants?)$/;
const CODE = new Set(['.ts', '.mts', '.cts', '.js', '.mjs', '.cjs']);
const MACHINE_PATH = /(?:^|[\s'"`(=:])\/(?:home|Users|root|work|opt)\/[\w.-]+/;
const REGISTRY = /\bregistry\.[a-z]+|\bnpmmirror\b|\bnpm\.pkg\.github\b/;

export function hygieneFindings(path: string, text: string): string[] {
  const findings: string[] = [];
  const name = basename(path);
  const stem = name.split('.')[0] ?? '';
  if (NAMED_BY_US.test(path) && !NAMED_BY_TOOLS.test(name)) {
    if (!KEBAB_CASE.test(name)) findings.push(`${path}: name it in kebab-case`);
    if (NAMELESS.test(stem) && !name.endsWith('.test.ts')) findings.push(`${path}: name it after the thing inside; a type or constant lives with its owner`);
  }
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  if (CODE.has(extname(name)) && lines > MAX_LINES) findings.push(`${path}: ${lines} lines; past ${MAX_LINES} split it by noun`);
  if (MACHINE_PATH.test(text)) findings.push(`${path}: has a path of one machine (${MACHINE_PATH.exec(text)?.[0].trim()}); make it relative`);
  if (REGISTRY.test(text)) findings.push(`${path}: names a registry; leave that to the reader's configuration`);
  return findings;
}
