// What values of options may be, for the server's and for outgoing connections'. Each check throws a RangeError or TypeError
// that names the option and shows what it got.

export const MAX_INT32 = 2_147_483_647;

export type Check = (name: string, value: unknown) => void;

export function integer(from: number, to: number, orInfinity = false): Check {
  return (name, value) => {
    if (orInfinity && value === Infinity) return;
    if (Number.isInteger(value) && (value as number) >= from && (value as number) <= to) return;
    const infinity = orInfinity ? ', or Infinity' : '';
    throw new RangeError(`${name} must be an integer from ${from} to ${to}${infinity}, got ${shown(value)}`);
  };
}

/** What a system keeps of a path. Node 20 and 22 bind a longer one cut off, without a word. */
const MAX_PATH_BYTES = process.platform === 'linux' ? 107 : 103;

export function checkPath(name: string, value: unknown): void {
  nonEmptyString(name, value);
  const length = Buffer.byteLength(value as string);
  if (process.platform === 'win32' || length <= MAX_PATH_BYTES) return;
  throw new RangeError(`${name} must have at most ${MAX_PATH_BYTES} bytes, got ${length}`);
}

export function checkBoolean(name: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be a boolean, got ${shown(value)}`);
}

export function nonEmptyString(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new TypeError(`${name} must be a string that is not empty, got ${JSON.stringify(value)}`);
}

/** A list with something in it. */
export function nonEmptyArray(name: string, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) throw new TypeError(`${name} must be an array that is not empty, got ${JSON.stringify(value)}`);
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null) throw new TypeError(`${name} must be an object, got ${value === null ? 'null' : typeof value}`);
}

export function checkSignal(name: string, value: unknown): void {
  if (!(value instanceof AbortSignal)) throw new TypeError(`${name} must be an AbortSignal, got ${value === null ? 'null' : typeof value}`);
}

export function oneOf(...values: readonly string[]): Check {
  return (name, value) => {
    if (!values.includes(value as string)) {
      throw new TypeError(`${name} must be one of ${values.map((one) => `'${one}'`).join(', ')}, got ${JSON.stringify(value)}`);
    }
  };
}

/** A value as a message shows it: a string in quotes, or `got 8080` would look right. */
export function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
