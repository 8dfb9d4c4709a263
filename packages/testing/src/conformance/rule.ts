// What a rule of the contract is made of.
import type { ConformanceCapability } from '../options.js';
import type { Trial } from './trial.js';

type Check = (trial: Trial) => Promise<void>;

/** One sentence of the contract, and its proof. */
export type Rule =
  | { name: string; check: Check; needs?: undefined }
  /** The rule holds for sockets with `needs`; those without it must pass `checkLack` instead. */
  | { name: string; check: Check; needs: ConformanceCapability; checkLack: Check };
