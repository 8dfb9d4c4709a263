// Names of strangers: the corpus, boundaries, and a hundred thousand made by chance (a million in `pnpm soak`).
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findBadFilename } from '../src/index.js';
import { collisionKey, numberedName } from '../src/file-name.js';
import { badNames, goodNames, hostileName } from './name-corpus.js';
import { settings } from './property.js';
import { openStage } from './stage.js';

describe('the check of a name', () => {
  it.each(badNames)('refuses %j: %s', (name, reason) => {
    expect(findBadFilename(name)).toBe(reason);
  });

  it.each(goodNames)('takes %j as it is', (name) => {
    expect(findBadFilename(name)).toBeUndefined();
  });

  it('knows its boundaries in bytes', () => {
    for (const [name, reason] of [['a'.repeat(255), undefined], ['a'.repeat(256), 'too_long'], ['é'.repeat(127), undefined], ['é'.repeat(128), 'too_long']]) {
      expect(findBadFilename(name)).toBe(reason);
    }
  });

  it('refuses what is no string, and dotfiles unless they are allowed; never allows .incoming', () => {
    for (const name of [undefined, null, 5, {}, ['a']]) expect(findBadFilename(name)).toBe('empty');
    expect(findBadFilename('.bashrc', true)).toBeUndefined();
    for (const name of ['.incoming', '.INCOMING', '.incomin\u{ff47}']) expect(findBadFilename(name, true)).toBe('dotfile');
  });

  it('lets through, of names made by chance, only single components that no layer takes for a path', () => {
    fc.assert(
      fc.property(hostileName, (name) => {
        if (findBadFilename(name, true) !== undefined) return;
        expect(name).not.toMatch(/[/\\:\0]|^\.{1,3}$/);
        expect(join('/base', name)).toBe(`/base/${name}`);
        expect(name.normalize('NFKC')).not.toMatch(/[/\\:]|^\.{1,3}$/);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      }),
      { ...settings, numRuns: 20_000 },
    );
  });
});

describe('names beside each other', () => {
  it('have one key where some disk takes them for one', () => {
    for (const [one, other] of [['a', 'A'], ['\u00e9', 'e\u0301'], ['stra\u00dfe', 'STRASSE'], ['\u03c3', '\u03c2'], ['\ufb01', 'fi']]) {
      expect(collisionKey(one!)).toBe(collisionKey(other!));
    }
    expect(collisionKey('a')).not.toBe(collisionKey('b'));
  });

  it('are numbered before the extension, and stay short enough', () => {
    expect(numberedName('a.txt', 1)).toBe('a (1).txt');
    expect(numberedName('.bashrc', 2)).toBe('.bashrc (2)');
    expect(findBadFilename(numberedName(`${'é'.repeat(125)}.txt`, 999))).toBeUndefined();
  });
});

describe('names on the wire', () => {
  it('are refused with their reason, and nothing is made anywhere', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    for (const [filename, reason] of badNames) {
      const answer = await peer.ask({ type: 'file_start', transferId: 't', filename, fileSize: 1, chunkSize: 1 });
      expect(answer, filename).toMatchObject({ type: 'error', code: 'bad_filename', reason });
    }
    expect(await readdir(stage.uploads)).toEqual(['.incoming']);
    expect(await readdir(stage.folder)).toEqual(['uploads']);
  });

  it('that pass become the very entry that readdir gives, of 500 made by chance', async () => {
    await using stage = await openStage();
    const peer = await stage.peer();
    const names = fc.sample(hostileName, { ...settings, numRuns: 500 } as fc.Parameters<string>);
    const accepted = new Set<string>();
    for (const filename of names) {
      peer.send({ type: 'file_start', transferId: 't', filename, fileSize: 1, chunkSize: 1 });
      const answer = await peer.next();
      if (answer.type === 'error') {
        expect(answer.code).toMatch(/^(?:bad_filename|file_exists)$/);
        continue;
      }
      peer.send({ type: 'file_chunk', transferId: 't', chunkIndex: 0, data: 'eA==' });
      peer.send({ type: 'file_end', transferId: 't' });
      const end = await peer.until('file_complete');
      expect(end.filename).toBe(filename);
      accepted.add(filename);
    }
    const entries = (await readdir(stage.uploads)).filter((name) => name !== '.incoming');
    expect(new Set(entries)).toEqual(accepted);
    expect(accepted.size).toBeGreaterThan(20);
    expect(await readdir(stage.folder)).toEqual(['uploads']);
    for (const name of entries.slice(0, 20)) {
      expect(await readFile(join(stage.uploads, name), 'utf8')).toBe('x');
      expect((await stat(join(stage.uploads, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('that differ in case or accents only are taken', async () => {
    await using stage = await openStage();
    const client = stage.client();
    await client.upload(Buffer.from('1'), { name: 'Stra\u00dfe.txt' });
    for (const name of ['STRASSE.TXT', 'stra\u00dfe.txt', 'Stra\u00dfe.txt']) {
      await expect(client.upload(Buffer.from('2'), { name })).rejects.toMatchObject({ code: 'ERR_FILE_FILE_EXISTS' });
    }
  });
});
