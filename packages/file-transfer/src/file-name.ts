// Names that strangers choose. A name is taken as it is or refused with a reason, and never cleaned: what is mended by one
// rule is broken by the next. What passes is one component on every system that Node runs on, and the entry `readdir` shows.
import type { BadFilenameReason } from './errors.js';

const MAX_NAME_BYTES = 255;
const MAX_UNITS = 255;
const BYTES_PER_UNIT = 3;

/** Controls, format characters (bidirectional overrides, zero width), lone surrogates, line and paragraph separators. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
/** A slash by its looks that no normalisation makes one: fraction, division, set minus. */
const SEPARATOR = /[/\\\u2044\u2215\u29f8\u2216\u29f5\u29f9]/;
/** An encoded separator or dot, once or more often: what a careless layer would decode. */
const ENCODED = /%(?:25)*(?:2f|5c|2e%(?:25)*2e|00)/i;
const DEVICE = /^(?:con|prn|aux|nul|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3]|conin\$|conout\$|clock\$)$/i;
const DOTS_ALONE = /^\.{1,3}$/;
const FORBIDDEN_ON_WINDOWS = /[<>"|?*]/;

/**
 * Why a name cannot be used, or `undefined` where it can. Linear in the length of the name, which is looked at first.
 * `name` may be anything; what is no string is `'empty'`.
 */
export function findBadFilename(name: unknown, allowDotfiles = false): BadFilenameReason | undefined {
  if (typeof name !== 'string' || name === '') return 'empty';
  if (isTooLong(name)) return 'too_long';
  if (DOTS_ALONE.test(name)) return 'traversal';
  if (/^[a-z]:/i.test(name)) return 'drive';
  if (/^(?:[/\\]|~[/\\]|~$)/.test(name)) return 'absolute';
  if (/(?:^|[/\\])\.\.(?:[/\\]|$)/.test(name) || ENCODED.test(name)) return 'traversal';
  if (SEPARATOR.test(name)) return 'separator';
  if (name.includes(':')) return 'stream';
  if (INVISIBLE.test(name)) return 'control';
  if (/[.\s]$/u.test(name)) return 'trailing';
  if (FORBIDDEN_ON_WINDOWS.test(name) || DEVICE.test(deviceNameOf(name))) return 'reserved';
  if (name.startsWith('.') && (!allowDotfiles || collisionKey(name) === '.incoming')) return 'dotfile';
  return findInCompatibilityForm(name);
}

/** What a layer that normalises by NFKC, as it must not, would make of the name: ‥ is `..` then, and ／ is `/`. */
function findInCompatibilityForm(name: string): BadFilenameReason | undefined {
  const form = name.normalize('NFKC');
  if (form === name) return undefined;
  if (DOTS_ALONE.test(form)) return 'traversal';
  if (/[/\\]/.test(form)) return 'separator';
  if (form.includes(':')) return 'stream';
  return DEVICE.test(deviceNameOf(form)) ? 'reserved' : undefined;
}

/**
 * What two names have in common that some file system takes for the same: NFKD, then folded to one case. Different keys
 * are different files everywhere; equal ones may be one.
 */
export function collisionKey(name: string): string {
  // Upper case first: it opens what lower case leaves, ß to SS and the final sigma to the other one.
  return name.normalize('NFKD').toUpperCase().toLowerCase().normalize('NFKD');
}

/** `a.txt` → `a (1).txt`; the extension stays, the stem is cut where the name would be too long. */
export function numberedName(name: string, count: number): string {
  const dot = name.lastIndexOf('.');
  const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  const tail = ` (${count})${extension}`;
  let characters = Array.from(stem);
  while (characters.length > 0 && isTooLong(characters.join('') + tail)) characters = characters.slice(0, -1);
  return characters.join('') + tail;
}

function isTooLong(name: string): boolean {
  return name.length > MAX_UNITS || (name.length * BYTES_PER_UNIT > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES);
}

/** Windows looks at what stands before the first dot, without spaces at its end. */
function deviceNameOf(name: string): string {
  return (name.split('.', 1)[0] as string).trimEnd();
}
