// Counts what code under test does with bytes and lists, so that "linear" is asserted on work and not on a clock.
// The built-ins are replaced by plain functions while it counts: a mocking library would itself use them.

/** Bytes copied or searched, and list slots moved, while `run` runs. */
export interface Work {
  copiedBytes: number;
  searchedBytes: number;
  movedSlots: number;
}

type Method = (this: any, ...args: any[]) => any;

export function countWork(run: () => void): Work {
  const work: Work = { copiedBytes: 0, searchedBytes: 0, movedSlots: 0 };
  const restores: (() => void)[] = [];
  const replace = (owner: object, name: string, make: (original: Method) => Method): void => {
    const original = Object.getOwnPropertyDescriptor(owner, name) as PropertyDescriptor;
    restores.push(() => Object.defineProperty(owner, name, original));
    Object.defineProperty(owner, name, { ...original, value: make(original.value as Method) });
  };

  replace(Buffer.prototype, 'copy', (copy) => function (...args) {
    const copied = copy.apply(this, args);
    work.copiedBytes += copied;
    return copied;
  });
  replace(Object.getPrototypeOf(Uint8Array.prototype) as object, 'set', (set) => function (...args) {
    work.copiedBytes += args[0].length;
    return set.apply(this, args);
  });
  replace(Buffer, 'concat', (concat) => function (...args) {
    const joined = concat.apply(this, args);
    work.copiedBytes += joined.length;
    return joined;
  });
  replace(Buffer.prototype, 'indexOf', (indexOf) => function (...args) {
    const found = indexOf.apply(this, args);
    work.searchedBytes += (found === -1 ? this.length : found + 1) - args[1];
    return found;
  });
  replace(Array.prototype, 'slice', (slice) => function (...args) {
    const rest = slice.apply(this, args);
    work.movedSlots += rest.length;
    return rest;
  });
  replace(Array.prototype, 'shift', (shift) => function (...args) {
    work.movedSlots += this.length;
    return shift.apply(this, args);
  });

  try {
    run();
  } finally {
    for (const restore of restores) restore();
  }
  return work;
}
