// Text from the network, made fit for a terminal or a log. A peer chooses what it sends: escape sequences that recolour
// or retitle the terminal, line breaks that forge a log line, marks that turn text around. Here they become visible.

/** Controls, half characters, line and paragraph breaks, direction marks, invisible ones. Joiners in emoji stay. */
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\u{200b}\u{feff}\u{e0000}-\u{e007f}]/gu;
const SHORT_FORMS: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * The text on one line, with everything unsafe written as an escape (`\n`, `\x1b`, `\u{202e}`), and cut after
 * `maxLength` UTF-16 units with a note of how long it was.
 */
export function printable(text: string, maxLength = 2000): string {
  if (text.length <= maxLength) return text.replace(UNSAFE, escapeCharacter);
  const head = text.slice(0, maxLength).replace(/[\u{d800}-\u{dbff}]$/u, '');
  return `${head.replace(UNSAFE, escapeCharacter)}… (${text.length} characters)`;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const short = SHORT_FORMS[character];
  if (short !== undefined) return short;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
