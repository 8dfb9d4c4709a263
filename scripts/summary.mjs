// Adds up one test run: in go the vitest reports of every workspace package and turbo's own account of its tasks, out
// come the lines to print. What is missing counts as failed: a package without a report, a report without a test, a
// file that could not be loaded, a skipped test without a reason. A run can say "0 failed" only if all of it ran.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @typedef {{ fullName: string, status: string, meta?: { reason?: string } }} Test `reason`: see vitest.base.ts.
 * @typedef {{ name: string, status: string, message: string, assertionResults: Test[] }} TestFile
 * @typedef {{ success: boolean, testResults: TestFile[] }} Report What vitest's JSON reporter writes.
 * @typedef {{ task: string, package: string, execution?: { exitCode: number | null } }} Task
 * @typedef {{ name: string, report: Report | undefined }} Workspace
 * @typedef {{ passed: number, failures: string[], skips: string[] }} Count
 */

const REPORT = join('reports', 'vitest.json');

/**
 * The folders of all workspace packages, relative to the root, in the order of pnpm-workspace.yaml.
 *
 * @param {string} root
 * @returns {string[]}
 */
export function readFolders(root) {
  const globs = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8').matchAll(/^ {2}- (\S+)\/\*$/gm);
  return [...globs]
    .map((match) => String(match[1]))
    .filter((parent) => existsSync(join(root, parent)))
    .flatMap((parent) => readdirSync(join(root, parent)).sort().map((name) => join(parent, name)))
    .filter((folder) => existsSync(join(root, folder, 'package.json')));
}

/**
 * Every workspace package with the report that its tests left, if they did.
 *
 * @param {string} root
 * @returns {Workspace[]}
 */
export function readWorkspaces(root) {
  return readFolders(root).map((folder) => {
    const { name } = readJson(join(root, folder, 'package.json'));
    const report = join(root, folder, REPORT);
    return { name, report: existsSync(report) ? readJson(report) : undefined };
  });
}

/**
 * The tasks of the one run that turbo wrote down (`--summarize`); none where it did not get that far.
 *
 * @param {string} root
 * @returns {Task[]}
 */
export function readTasks(root) {
  const runs = join(root, '.turbo', 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs).flatMap((file) => readJson(join(runs, file)).tasks);
}

/**
 * @param {readonly Workspace[]} workspaces Those that had to be tested.
 * @param {readonly Task[]} tasks
 * @param {number} exitCode Turbo's: the last word where nothing else explains it.
 * @returns {{ lines: string[], failed: number }} The last line is `N passed, N failed`, and `, N skipped` if any.
 */
export function summarize(workspaces, tasks, exitCode) {
  let passed = 0;
  /** @type {string[]} */
  const failures = [];
  /** @type {string[]} */
  const skips = [];
  for (const { name, report } of workspaces) {
    const count = countReport(report);
    const task = tasks.find((candidate) => candidate.task === 'test' && candidate.package === name);
    if (count.failures.length === 0 && hasFailed(task)) {
      count.failures.push('the test task failed although no test did (an error outside of the tests?)');
    }
    passed += count.passed;
    failures.push(...count.failures.map((failure) => `${name}: ${failure}`));
    skips.push(...count.skips.map((skip) => `${name}: ${skip}`));
  }
  const others = tasks.filter((task) => task.task !== 'test' && hasFailed(task));
  failures.push(...others.map((task) => `${task.package}: ${task.task}`));
  if (failures.length === 0 && exitCode !== 0) failures.push(`the run itself ended with exit code ${exitCode}`);

  const total = `${passed} passed, ${failures.length} failed`;
  return {
    lines: [
      ...skips.map((skip) => `skipped  ${skip}`),
      ...failures.map((failure) => `failed   ${failure}`),
      skips.length > 0 ? `${total}, ${skips.length} skipped` : total,
    ],
    failed: failures.length,
  };
}

/**
 * @param {Report | undefined} report
 * @returns {Count}
 */
function countReport(report) {
  if (report === undefined) return { passed: 0, failures: ['no report: its tests did not run'], skips: [] };
  const counts = report.testResults.map(countFile);
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  const failures = counts.flatMap((count) => count.failures);
  const skips = counts.flatMap((count) => count.skips);
  if (failures.length === 0 && passed + skips.length === 0) failures.push('it has no test');
  if (failures.length === 0 && !report.success) failures.push('the run failed although no test did');
  return { passed, failures, skips };
}

/**
 * @param {TestFile} file
 * @returns {Count}
 */
function countFile(file) {
  /** @type {Count} */
  const count = { passed: 0, failures: [], skips: [] };
  for (const test of file.assertionResults) {
    const reason = firstLine(test.meta?.reason);
    if (test.status === 'passed') count.passed++;
    else if (test.status === 'failed') count.failures.push(`${test.fullName}: ${reason}`);
    else if (reason !== '') count.skips.push(`${test.fullName}: ${reason}`);
    else count.failures.push(`${test.fullName}: ${test.status} without a reason; say context.skip('why')`);
  }
  // It could not be loaded, or a hook around its tests failed.
  if (file.status === 'failed' && count.failures.length === 0) {
    count.failures.push(`${file.name}: ${firstLine(file.message)}`);
  }
  return count;
}

/** @param {Task | undefined} task */
function hasFailed(task) {
  return task !== undefined && task.execution?.exitCode !== 0;
}

/** @param {string | undefined} text */
function firstLine(text) {
  return text?.split('\n', 1)[0] ?? '';
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}
