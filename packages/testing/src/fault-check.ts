// A fault as it was given comes in; the same with every default filled in goes out, or an error that names the parameter.
import type { Fault, FaultEnd, ResolvedFault } from './faults.js';
import { checkInteger } from './fault-options.js';

const MAX_MILLISECONDS = 2 ** 31 - 1;
const MAX_BYTES = 2 ** 30;
const MAX_BYTES_PER_SECOND = 2 ** 31 - 1;

/** @throws RangeError Naming the parameter, its range and what it got. */
export function resolveFault(fault: Fault): ResolvedFault {
  const { direction = 'both', probability = 1 } = fault;
  checkOneOf('direction', direction, ['up', 'down', 'both']);
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1)) {
    throw new RangeError(`probability must be a number from 0 to 1, got ${String(probability)}`);
  }
  return { ...resolveParameters(fault), direction, probability } as ResolvedFault;
}

function resolveParameters(fault: Fault): object {
  const { type } = fault;
  switch (type) {
    case 'latency': {
      const { delay, jitter = 0 } = fault;
      return { type, delay: checkTime('delay', delay), jitter: checkTime('jitter', jitter) };
    }
    case 'bandwidth':
      checkInteger('bytesPerSecond', fault.bytesPerSecond, 1, MAX_BYTES_PER_SECOND);
      return { type, bytesPerSecond: fault.bytesPerSecond };
    case 'slowClose':
      return { type, delay: checkTime('delay', fault.delay) };
    case 'blackhole':
      return { type, timeout: checkTime('timeout', fault.timeout ?? 0), end: checkEnd(fault.end) };
    case 'reset':
      return { type, after: checkTime('after', fault.after ?? 0) };
    case 'slicer': {
      const { averageBytes, variationBytes = 0, delay = 0 } = fault;
      checkInteger('averageBytes', averageBytes, 1, MAX_BYTES);
      checkInteger('variationBytes', variationBytes, 0, averageBytes - 1);
      return { type, averageBytes, variationBytes, delay: checkTime('delay', delay) };
    }
    case 'limitBytes': {
      const { bytes, variationBytes = 0, end } = fault;
      checkInteger('bytes', bytes, 0, Number.MAX_SAFE_INTEGER);
      checkInteger('variationBytes', variationBytes, 0, Math.min(bytes, MAX_BYTES));
      return { type, bytes, variationBytes, end: checkEnd(end) };
    }
    case 'limitTime':
      return { type, duration: checkTime('duration', fault.duration), end: checkEnd(fault.end) };
    case 'stallReads':
      return { type, duration: checkTime('duration', fault.duration ?? 0) };
    case 'flipBits':
      checkInteger('averageBytes', fault.averageBytes, 1, MAX_BYTES);
      return { type, averageBytes: fault.averageBytes };
    default:
      throw new RangeError(`type must be the name of a fault, got ${String(type)}`);
  }
}

function checkTime(name: string, value: number): number {
  checkInteger(name, value, 0, MAX_MILLISECONDS);
  return value;
}

function checkEnd(end: FaultEnd = 'fin'): FaultEnd {
  checkOneOf('end', end, ['fin', 'reset']);
  return end;
}

function checkOneOf(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`${name} must be one of ${allowed.map((word) => `'${word}'`).join(', ')}, got ${String(value)}`);
  }
}
