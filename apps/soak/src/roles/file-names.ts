// Names put together by chance from what hurts, to the pure check: what it lets through must be one component, whoever reads it.
import { join, win32 } from 'node:path';
import { findBadFilename } from '@verb-tcp/file-transfer';
import { createRandom } from '../random.js';

const PIECES = ['..', '.', '/', '\\', ':', '%2f', '%5c', '%2e', '\0', '\n', ' ', 'C:', 'CON', 'nul', 'com1', '~', '.incoming', '\u202e', '\u2025', '\uff0f', '\ud800', 'e\u0301', 'é', 'ß', 'a', 'B', '.txt', '$DATA', '-', '日', '\u2100'];
const MAX_PIECES = 7;

export interface FileNamesRole {
  check(count: number, seed: number): { accepted: number; escapes: string[] };
}

export function fileNames(_settings: object): FileNamesRole {
  return {
    check(count, seed) {
      const random = createRandom(seed);
      const escapes: string[] = [];
      let accepted = 0;
      for (let done = 0; done < count; done++) {
        let name = '';
        for (let left = 1 + random(MAX_PIECES); left > 0; left--) name += PIECES[random(PIECES.length)];
        if (findBadFilename(name, true) !== undefined) continue;
        accepted++;
        const isOne = join('/base', name) === `/base/${name}` && win32.join('C:\\base', name) === `C:\\base\\${name}`;
        if (!isOne || /[/\\:\0]/.test(name.normalize('NFKC')) || Buffer.from(name).toString() !== name) escapes.push(JSON.stringify(name));
      }
      return { accepted, escapes };
    },
  };
}
