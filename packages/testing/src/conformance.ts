// The contract of `TCPSocket` as cases: a way to make connected pairs goes in, a list of cases comes out. Built on
// `node:assert` alone, so that any runner runs it and any kind of socket can be judged.
import { resolveConformanceOptions, type ConformanceOptions } from './options.js';
import { closingRules } from './conformance/closing-rules.js';
import { readingRules } from './conformance/reading-rules.js';
import type { Rule } from './conformance/rule.js';
import { timeoutRules } from './conformance/timeout-rules.js';
import { transferRules } from './conformance/transfer-rules.js';
import { Trial, type MakePair } from './conformance/trial.js';
import { writingRules } from './conformance/writing-rules.js';

const RULES: readonly Rule[] = [...transferRules, ...writingRules, ...readingRules, ...closingRules, ...timeoutRules];

/** One rule of the contract. */
export interface ConformanceCase {
  /** The rule, as a sentence. Unique. */
  name: string;
  /** Opens its own pairs and closes them. Rejects where the sockets break the rule. */
  run(): Promise<void>;
}

/**
 * Every rule of `TCPSocket` as a case. `makePair` gives two connected sockets, fresh for each call, and closes what else
 * it opened when they close.
 *
 * @throws RangeError for an option out of range.
 *
 * @example
 * for (const { name, run } of tcpSocketConformance(makePair)) test(name, run);
 */
export function tcpSocketConformance(makePair: MakePair, options: ConformanceOptions = {}): ConformanceCase[] {
  const { lacks, timeout } = resolveConformanceOptions(options);
  return RULES.map((rule) => {
    const isLacking = rule.needs !== undefined && lacks.includes(rule.needs);
    const name = isLacking ? `without ${rule.needs}: ${rule.name}` : rule.name;
    const check = isLacking ? rule.checkLack : rule.check;
    return { name, run: () => named(name, new Trial(makePair).run(check, timeout)) };
  });
}

/** What an assertion says is a part of the rule: the rule comes first. */
async function named(rule: string, run: Promise<void>): Promise<void> {
  try {
    await run;
  } catch (error) {
    if (error instanceof Error) error.message = `${rule}: ${error.message}`;
    throw error;
  }
}
