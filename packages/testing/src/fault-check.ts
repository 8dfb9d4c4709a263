// A fault as it was given comes in; the same with every default filled in goes out, or an error that names the parameter.
import type { Fault, FaultEnd, ResolvedFault } from './faults.js';
import { checkInteger, shown } from './options.js';

const MAX_MILLISECONDS = 2 ** 31 - 1;
const MAX_BYTES = 2 ** 30;
const MAX_BYTES_PER_SECOND = 2 ** 31 - 1;

/** What each fault takes besides its scope. */
const PARAMETERS: { readonly [T in Fault['type']]: readonly string[] } = {
  latency: ['delay', 'jitter'],
  bandwidth: ['bytesPerSecond'],
  slowClose: ['delay'],
  blackhole: ['timeout', 'end'],
  reset: ['after'],
  slicer: ['averageBytes', 'variationBytes', 'delay'],
  limitBytes: ['bytes', 'variationBytes', 'end'],
  limitTime: ['duration', 'end'],
  stallReads: ['duration'],
  flipBits: ['averageBytes'],
};

/** @throws RangeError naming the parameter, its range and what it got; TypeError for a parameter that the fault does not have. */
export function resolveFault(fault: Fault): ResolvedFault {
  checkNames(fault);
  const { direction = 'both', probability = 1 } = fault;
  checkOneOf('direction', direction, ['up', 'down', 'both']);
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1)) {
    throw new RangeError(`probability must be a number from 0 to 1, got ${shown(probability)}`);
  }
  return { ...resolveParameters(fault), direction, probability } as ResolvedFault;
}

/** A slip of the pen would be a fault that does less than its test says. */
function checkNames(fault: Fault): void {
  const { type, direction: _, probability: __, ...parameters } = fault;
  const known = Object.hasOwn(PARAMETERS, type) ? PARAMETERS[type] : undefined;
  if (known === undefined) return;
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || known.includes(name)) continue;
    throw new TypeError(`${type} has no ${name}: it takes ${[...known, 'direction', 'probability'].join(', ')}`);
  }
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
      throw new RangeError(`type must be the name of a fault, got ${shown(type)}`);
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
    throw new RangeError(`${name} must be one of ${allowed.map((word) => `'${word}'`).join(', ')}, got ${shown(value)}`);
  }
}
