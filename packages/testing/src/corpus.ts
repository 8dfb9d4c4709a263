// Bad input as data: what decoders must refuse, and with which code.
import { binaryCorpus, binaryTruncatedCorpus, type BinaryCorpusEntry } from './corpus-binary.js';
import { foreignCorpus, type ForeignCorpusEntry } from './corpus-foreign.js';
import { jsonCorpus, jsonTruncatedCorpus, type JSONCorpusEntry } from './corpus-json.js';

/** See `corpus`. */
export interface Corpus {
  /** No JSON message: refused as soon as the bytes are there. */
  readonly json: readonly JSONCorpusEntry[];
  /** The beginning of a JSON message: refused with `ERR_FRAME_TRUNCATED` when the stream ends behind it. */
  readonly jsonTruncated: readonly JSONCorpusEntry[];
  /** No binary message: refused as soon as the bytes are there. */
  readonly binary: readonly BinaryCorpusEntry[];
  /** The beginning of a binary message: refused with `ERR_FRAME_TRUNCATED` when the stream ends behind it. */
  readonly binaryTruncated: readonly BinaryCorpusEntry[];
  /** The first bytes of other protocols. */
  readonly foreign: readonly ForeignCorpusEntry[];
}

/**
 * Bad input for decoders, by format, each entry short enough for `everySplit`. Do not change the bytes: everybody reads
 * the same ones.
 *
 * @example
 * for (const { name, bytes, code } of corpus.json) {
 *   test(name, () => everySplit(bytes, (chunks) => assert.throws(() => decodeAll(chunks), { code })));
 * }
 */
export const corpus: Corpus = {
  json: jsonCorpus,
  jsonTruncated: jsonTruncatedCorpus,
  binary: binaryCorpus,
  binaryTruncated: binaryTruncatedCorpus,
  foreign: foreignCorpus,
};
