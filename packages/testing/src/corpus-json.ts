// Bytes that are no message in the default format (`<length in decimal> LF <JSON in UTF-8>`), each with the code that a
// decoder must answer. Written from the grammar `0 | [1-9][0-9]*`, at most 15 digits, and a limit of 1 MiB.

/** Bytes that a decoder of JSON messages must refuse. */
export interface JSONCorpusEntry {
  /** What is wrong. Unique in its list. */
  name: string;
  bytes: Buffer;
  /** The code of the error, with `maxMessageBytes` at its default of 1 MiB. */
  code:
    | 'ERR_FRAME_HEADER_INVALID'
    | 'ERR_FRAME_HEADER_TOO_LONG'
    | 'ERR_FRAME_TOO_LARGE'
    | 'ERR_FRAME_INVALID_UTF8'
    | 'ERR_FRAME_INVALID_JSON'
    | 'ERR_FRAME_TRUNCATED';
  /** `false`: the boundary is known, so the message behind this one can still be read. */
  fatal: boolean;
  /** How many good messages come out first. */
  messagesBefore: number;
}

type Row = readonly [name: string, text: string | Uint8Array];

const HEADER_INVALID: readonly Row[] = [
  ['no digit before LF', '\n'],
  ['empty line of a text protocol', '\r\n'],
  ['leading zeros', '007\n1234567'],
  ['a zero before a digit', '01\n1'],
  ['two zeros', '00\n'],
  ['negative', '-5\n12345'],
  ['negative zero', '-0\n'],
  ['plus sign', '+5\n12345'],
  ['letters after a digit', '2abc\n{}'],
  ['letters only', 'abc\n{}'],
  ['space before', ' 7\n1234567'],
  ['space behind', '7 \n1234567'],
  ['tab before', '\t7\n1234567'],
  ['CR before LF', '7\r\n1234567'],
  ['CR alone', '7\r1234567'],
  ['exponent', '1e3\n'],
  ['hexadecimal', '0x10\n'],
  ['octal', '0o17\n'],
  ['fraction', '1.5\n'],
  ['thousands separator', '1,024\n'],
  ['numeric separator', '1_000\n'],
  ['BigInt suffix', '5n\n12345'],
  ['netstring', '5:hello,'],
  ['semicolon', '5;\n12345'],
  ['quoted', '"5"\n12345'],
  ['NUL after a digit', '5\u00005\n'],
  ['NUL first', '\u0000'],
  ['escape character', '\u001b[1m5\n'],
  ['delete character', '5\u007f\n'],
  ['byte 0x2f, one below the digits', '1/\n'],
  ['byte 0x3a, one above the digits', '1:\n'],
  ['vertical tab in place of LF', '5\u000b12345'],
  ['byte 0xff', hex('ff')],
  ['byte 0xff after a digit', hex('35ff')],
  ['byte order mark', hex('efbbbf350a')],
  ['fullwidth digit five', hex('efbc950a')],
  ['Arabic-Indic digit five', hex('d9a50a')],
  ['superscript two', hex('c2b20a')],
  ['UTF-16 little endian', hex('35000a00')],
  ['big-endian u32 length', hex('0000000a7b7d')],
  ['JSON without a header', '{"type":"ping"}'],
  ['JSON array without a header', '[1]\n'],
  ['headers of a language server', 'Content-Length: 2\r\n\r\n{}'],
  ['NaN', 'NaN\n'],
  ['Infinity', 'Infinity\n'],
  ['undefined', 'undefined\n'],
  ['object turned to text', '[object Object]'],
];

const HEADER_TOO_LONG: readonly Row[] = [
  ['sixteen digits, the first one too many', '1234567890123456'],
  ['sixteen digits and LF', '1000000000000000\n'],
  ['a length above 2^53', '9007199254740993\n'],
  ['a length above 2^64', '18446744073709551616\n'],
  ['twenty nines', '9'.repeat(20)],
  ['digits without end', '9'.repeat(200)],
];

const TOO_LARGE: readonly Row[] = [
  ['one over the limit', '1048577\n'],
  ['ten times the limit', '10485760\n'],
  ['2^31 - 1', '2147483647\n'],
  ['2^31', '2147483648\n'],
  ['2^32 - 1', '4294967295\n'],
  ['2^32', '4294967296\n'],
  ['ten digits', '9999999999\n'],
  ['fifteen digits, the longest header', '999999999999999\n'],
  ['the length of "GET " read as a number', '1195725856\n'],
];

const INVALID_JSON: readonly Row[] = [
  ['empty payload', ''],
  ['a space', ' '],
  ['bare key', '{a}'],
  ['open brace only', '{'],
  ['closing brace only', '}'],
  ['wrong closing', '[1}'],
  ['comma at the end of an array', '[1,]'],
  ['comma at the end of an object', '{"a":1,}'],
  ['missing value', '{"a":}'],
  ['missing colon', '{"a" 1}'],
  ['single quotes', "'a'"],
  ['comment', '{}/**/'],
  ['two values', '{}{}'],
  ['two lines of values', '1\n2'],
  ['undefined as a payload', 'undefined'],
  ['NaN as a payload', 'NaN'],
  ['Infinity as a payload', '-Infinity'],
  ['number with a leading zero', '01'],
  ['number with a plus', '+1'],
  ['number without an integer', '.5'],
  ['number without a fraction', '1.'],
  ['number in hexadecimal', '0x1'],
  ['minus alone', '-'],
  ['string without end', '"abc'],
  ['line feed in a string', '"a\nb"'],
  ['NUL in a string', '"a\u0000b"'],
  ['unknown escape', '"\\x41"'],
  ['short unicode escape', '"\\u12"'],
  ['literal in capitals', 'TRUE'],
  ['byte order mark before the value', hex('efbbbf7b7d')],
  ['UTF-16 without a mark', hex('7b007d00')],
  ['HTML', '<!doctype html>'],
  ['open brackets only', '['.repeat(200)],
];

const INVALID_UTF8: readonly Row[] = [
  ['bytes 0xff and 0xfe', hex('22fffe22')],
  ['continuation without a start', hex('228022')],
  ['two-byte start without continuation', hex('22c322')],
  ['three-byte start cut short', hex('22e28222')],
  ['four-byte start cut short', hex('22f09f9822')],
  ['overlong NUL', hex('22c08022')],
  ['overlong slash in three bytes', hex('22e080af22')],
  ['high surrogate in UTF-8', hex('22eda08022')],
  ['surrogate pair in UTF-8', hex('22eda0bdedb88022')],
  ['above U+10FFFF', hex('22f490808022')],
  ['five-byte form', hex('22f88880808022')],
  ['Latin-1 text', hex('22e922')],
  ['UTF-16 with a mark', hex('fffe7b007d00')],
  ['a good and a bad character', hex('22efbfbdff22')],
];

const GOOD = '8\n{"ok":1}';

/** What a decoder refuses as soon as it has the bytes. */
export const jsonCorpus: readonly JSONCorpusEntry[] = [
  ...entries(HEADER_INVALID, 'ERR_FRAME_HEADER_INVALID', true),
  ...entries(HEADER_TOO_LONG, 'ERR_FRAME_HEADER_TOO_LONG', true),
  ...entries(TOO_LARGE, 'ERR_FRAME_TOO_LARGE', true),
  ...entries(INVALID_JSON.map(framed), 'ERR_FRAME_INVALID_JSON', false),
  ...entries(INVALID_UTF8.map(framed), 'ERR_FRAME_INVALID_UTF8', false),
  ...entries(
    [
      ['line feed behind a message', `${GOOD}\n`],
      ['a length counted short', '7\n{"a":1} '],
      ['zero bytes behind a message', `${GOOD}\u0000\u0000`],
    ],
    'ERR_FRAME_HEADER_INVALID',
    true,
    1,
  ),
];

/** What a reader refuses only when the stream ends behind the bytes. */
export const jsonTruncatedCorpus: readonly JSONCorpusEntry[] = entries(
  [
    ['end within the header', '12'],
    ['end behind the header', '12\n'],
    ['end within the payload', '12\n{"type"'],
    ['end one byte early', '8\n{"ok":1'],
    ['end within a character', hex('340a22c3')],
    ['a length counted long', '9\n{"ok":1}'],
  ],
  'ERR_FRAME_TRUNCATED',
  true,
);

function entries(
  rows: readonly Row[],
  code: JSONCorpusEntry['code'],
  fatal: boolean,
  messagesBefore = 0,
): JSONCorpusEntry[] {
  return rows.map(([name, text]) => ({ name, bytes: Buffer.from(text as string), code, fatal, messagesBefore }));
}

function framed([name, payload]: Row): Row {
  const bytes = Buffer.from(payload as string);
  return [name, Buffer.concat([Buffer.from(`${bytes.length}\n`), bytes])];
}

function hex(digits: string): Buffer {
  return Buffer.from(digits, 'hex');
}
