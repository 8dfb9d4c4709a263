// The last line of `npm test` can be trusted: what did not run is not passed over.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readFolders, readTasks, readWorkspaces, summarize } from '../../../scripts/summary.mjs';

type Workspace = Parameters<typeof summarize>[0][number];
type Report = NonNullable<Workspace['report']>;
type Test = Report['testResults'][number]['assertionResults'][number];

const test = (status: string, more: Partial<Test> = {}): Test => ({ fullName: `it ${status}`, status, ...more });
const report = (...tests: Test[]): Report => ({
  success: tests.every(({ status }) => status !== 'failed'),
  testResults: [{ name: 'a.test.ts', status: 'passed', message: '', assertionResults: tests }],
});
const workspace = (name: string, of: Report | undefined): Workspace => ({ name, report: of });
const task = (name: string, exitCode: number | null): { task: string; package: string; execution: { exitCode: number | null } } => {
  return { task: name, package: 'core', execution: { exitCode } };
};

describe('the summary', () => {
  it('adds up the reports of all packages, in one last line', () => {
    const { lines, failed } = summarize([workspace('core', report(test('passed'), test('passed'))), workspace('demo', report(test('passed')))], [], 0);
    expect(lines).toEqual(['3 passed, 0 failed']);
    expect(failed).toBe(0);
  });

  it('names a failed test with the first line of its message', () => {
    const failing = test('failed', { meta: { reason: 'expected 1 to be 2\n- 2\n+ 1' } });
    const { lines, failed } = summarize([workspace('core', report(test('passed'), failing))], [task('test', 1)], 1);
    expect(lines).toEqual(['failed   core: it failed: expected 1 to be 2', '1 passed, 1 failed']);
    expect(failed).toBe(1);
  });

  it('prints the reason of each skipped test', () => {
    const { lines } = summarize([workspace('core', report(test('passed'), test('skipped', { meta: { reason: 'no IPv6 here' } })))], [], 0);
    expect(lines).toEqual(['skipped  core: it skipped: no IPv6 here', '1 passed, 0 failed, 1 skipped']);
  });

  const unloaded: Report = {
    success: false,
    testResults: [{ name: 'broken.test.ts', status: 'failed', message: "Cannot find module './gone.js'\nstack", assertionResults: [] }],
  };
  it.each<[string, Workspace, ReturnType<typeof task>[], number, string]>([
    ['a package without a report', workspace('core', undefined), [], 0, 'core: no report: its tests did not run'],
    ['a report without a test', workspace('core', { success: true, testResults: [] }), [], 0, 'core: it has no test'],
    ['a file that cannot be loaded', workspace('core', unloaded), [], 1, "core: broken.test.ts: Cannot find module './gone.js'"],
    ['a skipped test without a reason', workspace('core', report(test('skipped'))), [], 0, "core: it skipped: skipped without a reason; say context.skip('why')"],
    ['a test that is still to be written', workspace('core', report(test('todo'))), [], 0, "core: it todo: todo without a reason; say context.skip('why')"],
    ['a run that failed although no test did', workspace('core', { ...report(test('passed')), success: false }), [], 1, 'core: the run failed although no test did'],
    ['an error outside of the tests', workspace('core', report(test('passed'))), [task('test', 1)], 1, 'core: the test task failed although no test did (an error outside of the tests?)'],
    ['a failed type check', workspace('core', report(test('passed'))), [task('typecheck', 2), task('lint', 0)], 2, 'core: typecheck'],
    ['a task that never ran', workspace('core', report(test('passed'))), [{ task: 'build', package: 'core' } as ReturnType<typeof task>], 1, 'core: build'],
    ['a run that ended for a reason of its own', workspace('core', report(test('passed'))), [], 3, 'the run itself ended with exit code 3'],
  ])('counts %s as failed and names it', (_, of, tasks, exitCode, named) => {
    const { lines, failed } = summarize([of], tasks, exitCode);
    expect(failed).toBe(1);
    expect(lines.slice(0, -1)).toEqual([`failed   ${named}`]);
    expect(lines.at(-1)).toMatch(/^[01] passed, 1 failed$/);
  });

  it('reads what the run left behind', () => {
    const root = mkdtempSync(join(tmpdir(), 'summary-'));
    const files = {
      'pnpm-workspace.yaml': 'packages:\n  - packages/*\n  - apps/*\n  - tools/*\n',
      'packages/core/package.json': '{ "name": "@verb-tcp/core" }',
      'packages/core/reports/vitest.json': JSON.stringify(report(test('passed'))),
      'packages/notes.txt': '',
      'apps/demo/package.json': '{ "name": "demo" }',
      '.turbo/runs/1.json': JSON.stringify({ tasks: [task('lint', 0)] }),
    };
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    expect(readFolders(root)).toEqual(['packages/core', 'apps/demo']);
    expect(readWorkspaces(root)).toEqual([workspace('@verb-tcp/core', report(test('passed'))), workspace('demo', undefined)]);
    expect(readTasks(root)).toEqual([task('lint', 0)]);
    rmSync(root, { recursive: true });
    expect(readTasks(root)).toEqual([]);
  });
});
