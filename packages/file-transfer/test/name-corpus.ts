// Names that were used against others, each with the reason that refuses it; names that are good; and names by chance that are
// put together from what hurts.
import fc from 'fast-check';
import type { BadFilenameReason } from '../src/index.js';

export const badNames: [name: string, reason: BadFilenameReason][] = [
  ['', 'empty'],
  ['.', 'traversal'],
  ['..', 'traversal'],
  ['...', 'traversal'],
  ['../x', 'traversal'],
  ['a/../../x', 'traversal'],
  ['....//x', 'separator'],
  ['..%2fx', 'traversal'],
  ['%2e%2e%2fx', 'traversal'],
  ['%252e%252e%252fx', 'traversal'],
  ['a/b', 'separator'],
  ['/etc/x', 'absolute'],
  ['//host/x', 'absolute'],
  ['~/.ssh/authorized_keys', 'absolute'],
  ['..\\x', 'traversal'],
  ['a\\b', 'separator'],
  ['%5C..%5C', 'traversal'],
  ['C:x', 'drive'],
  ['C:\\x', 'drive'],
  ['\\\\srv\\s', 'absolute'],
  ['\\\\?\\C:\\x', 'absolute'],
  ['\\??\\C:\\x', 'absolute'],
  ['CON', 'reserved'],
  ['nul.txt', 'reserved'],
  ['COM1.tar.gz', 'reserved'],
  ['con ', 'trailing'],
  ['con .txt', 'reserved'],
  ['COM\u00b9', 'reserved'],
  ['CONIN$', 'reserved'],
  ['aux.', 'trailing'],
  ['a.txt:evil', 'stream'],
  ['a.txt::$DATA', 'stream'],
  ['a.', 'trailing'],
  ['a ', 'trailing'],
  ['a\0.png', 'control'],
  ['a\nb', 'control'],
  ['\u001b[2J', 'control'],
  ['x\u202egpj.exe', 'control'],
  ['a\u200bb', 'control'],
  ['a\ud800', 'control'],
  ['a\uff0fb', 'separator'],
  ['a\u2100b', 'separator'],
  ['\u2025', 'traversal'],
  ['a'.repeat(256), 'too_long'],
  ['é'.repeat(128), 'too_long'],
  ['.htaccess', 'dotfile'],
  ['.bashrc', 'dotfile'],
  ['.incoming', 'dotfile'],
  ['a?b', 'reserved'],
];

export const goodNames: string[] = [
  'a',
  'a.txt',
  'a b (1).tar.gz',
  '-rf',
  'e\u0301',
  '\u00e9',
  'stra\u00dfe',
  'a..b',
  '100%.txt',
  '日本語.txt',
  '😀.png',
  'console.log',
  'a…b',
  'a'.repeat(255),
];

const pieces = fc.constantFrom('..', '.', '/', '\\', ':', '%2f', '%5c', '%2e', '\0', '\n', ' ', 'C:', 'CON', 'nul', 'com1', '~', '.incoming', '\u202e', '\u2025', '\uff0f', '\ud800', 'e\u0301', '\u00e9', '\u00df', 'a', 'B', '.txt', '$DATA', '-', '日');

/** Half of them have a chance to be good. */
export const hostileName: fc.Arbitrary<string> = fc.oneof(
  fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.stringMatching(/^[a-zA-Z0-9 ._-]{1,12}$/),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
);
