// One broken socket for each rule of the contract: an in-memory pair of which one detail is wrong. Where a detail would
// break several rules, it is narrowed by what only this rule does (a size, a text), so that a failure names one rule.
import { brokenTransfer } from './transfer.js';
import { brokenWriting } from './writing.js';
import { brokenReading } from './reading.js';
import { brokenClosing } from './closing.js';
import { brokenTimeout } from './timeout.js';
import type { BrokenSocket } from './damage.js';

export const brokenSockets: readonly BrokenSocket[] = [
  ...brokenTransfer,
  ...brokenWriting,
  ...brokenReading,
  ...brokenClosing,
  ...brokenTimeout,
];
