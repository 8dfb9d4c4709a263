// The bytes: chunk messages put together and read by hand are those of JSON; frames are golden; every cut gives the same.
import { everySplit } from '@verb-tcp/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ackFrame, controlFrame, DATA_PREFIX_BYTES, writeDataPrefix } from '../src/binary-frame.js';
import { assembleChunk, chunkHead, scanChunk } from '../src/chunk-message.js';
import { crc32 } from '../src/crc32.js';
import { crc32ByTable } from '../src/crc32-table.js';
import { WireReader } from '../src/wire-reader.js';
import { settings } from './property.js';

const chunkOf = (transferId: string, chunkIndex: number, data: Buffer, crc?: number): string =>
  JSON.stringify({ type: 'file_chunk', transferId, chunkIndex, data: data.toString('base64'), crc32: crc });

function dataFrame(handle: number, chunkIndex: number, crc: number, bytes: Buffer): Buffer {
  const frame = Buffer.concat([Buffer.alloc(DATA_PREFIX_BYTES), bytes]);
  writeDataPrefix(frame, handle, chunkIndex, crc, bytes.length);
  return frame;
}

describe('a chunk message', () => {
  it('has the bytes of JSON.stringify, and is read back, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 20 }), fc.nat(), fc.uint8Array({ maxLength: 100 }), fc.option(fc.nat(), { nil: undefined }), (id, index, data, crc) => {
        const text = chunkOf(id, index, Buffer.from(data), crc);
        const bytes = assembleChunk(Buffer.from(chunkHead(id)), index, Buffer.from(data), crc);
        expect(bytes.toString()).toBe(`${Buffer.byteLength(text)}\n${text}`);
        const scanned = scanChunk(Buffer.from(text));
        const isPlain = /^[\x20-\x7e]*$/.test(id) && !/["\\]/.test(id);
        expect(scanned !== undefined).toBe(isPlain);
        if (scanned !== undefined) expect([scanned.transferId, scanned.chunkIndex, scanned.crc32]).toEqual([id, index, crc]);
      }),
      settings,
    );
  });

  it.each([
    '{"type":"file_chunk","transferId":"t","chunkIndex":01,"data":""}',
    '{"type":"file_chunk","transferId":"t","chunkIndex":-1,"data":""}',
    '{"type":"file_chunk","transferId":"t","chunkIndex":1,"data":"","more":1}',
    '{"type":"file_chunk","transferId":"t","chunkIndex":1,"data":"',
    '{"type":"file_chunk","transferId":"t","chunkIndex":1,"data":""} ',
    '{"type":"file_chunk","transferId":"\\u0074","chunkIndex":1,"data":""}',
    '{"type":"file_end","transferId":"t"}',
    '',
  ])('written otherwise is left to JSON: %s', (text) => {
    expect(scanChunk(Buffer.from(text))).toBeUndefined();
  });
});

describe('a binary frame', () => {
  it('has its golden bytes', () => {
    expect(dataFrame(1, 2, 0xdeadbeef, Buffer.from('hi')).toString('hex')).toBe('00200000000e0000' + '00000001' + '00000002' + 'deadbeef' + '6869');
    expect(ackFrame(1, 3).toString('hex')).toBe('0021000000080000' + '00000001' + '00000003');
    expect(controlFrame('{}').toString('hex')).toBe('0022000000020000' + '7b7d');
  });
});

describe('a connection', () => {
  const stream = Buffer.concat([
    Buffer.from('15\n{"type":"ping"}'),
    dataFrame(7, 0, 5, Buffer.from('chunk')),
    ackFrame(7, 1),
    controlFrame('{"type":"file_end"}'),
    Buffer.from('15\n{"type":"pong"}'),
    dataFrame(7, 1, 6, Buffer.from('more')),
    dataFrame(7, 2, 0, Buffer.from('gone')),
    dataFrame(7, 3, 0, Buffer.alloc(0)),
    Buffer.from('2\n{]'),
    Buffer.from('15\n{"type":"last"}'),
  ]);

  function readAll(chunks: readonly Uint8Array[]): unknown[] {
    const reader = new WireReader(1024);
    reader.isBinaryAllowed = true;
    const items: unknown[] = [];
    let bytes = Buffer.alloc(0);
    for (const chunk of chunks) {
      reader.push(Buffer.from(chunk));
      for (let item = reader.next(); item !== undefined; item = reader.next()) {
        if (item.kind === 'head') {
          bytes = Buffer.alloc(item.head.byteLength);
          reader.fill(item.head.chunkIndex === 2 ? undefined : bytes);
        } else if (item.kind === 'filled') {
          items.push([item.head.handle, item.head.chunkIndex, item.head.crc32, bytes.toString()]);
        } else {
          items.push(item.kind === 'message' ? item.message : item.kind === 'ack' ? [item.handle, item.nextChunk] : item.kind);
        }
        if (item.kind === 'lost') return items;
      }
    }
    return items;
  }

  it('gives the same for every way to cut it, messages and frames mixed', () => {
    const wanted = [{ type: 'ping' }, [7, 0, 5, 'chunk'], [7, 1], { type: 'file_end' }, { type: 'pong' }, [7, 1, 6, 'more'], [7, 2, 0, '\0\0\0\0'], [7, 3, 0, ''], 'bad', { type: 'last' }];
    expect(readAll([stream])).toEqual(wanted);
    everySplit(stream, (chunks) => expect(readAll(chunks)).toEqual(wanted));
    expect(readAll([...stream].map((byte) => Buffer.from([byte])))).toEqual(wanted);
  });

  it('is lost behind what is neither, and where frames are not agreed on or too long', () => {
    expect(readAll([Buffer.from('GET / HTTP/1.1')])[0]).toBe('lost');
    expect(readAll([Buffer.from('0020ffffffff0000', 'hex')])[0]).toBe('lost');
    const reader = new WireReader(1024);
    reader.push(ackFrame(1, 1));
    expect(reader.next()).toMatchObject({ kind: 'lost' });
  });
});

describe('the checksum', () => {
  it('is that of zlib, by the table too', () => {
    for (const text of ['', 'a', '123456789', 'x'.repeat(1000)]) {
      expect(crc32ByTable(Buffer.from(text))).toBe(crc32(Buffer.from(text)));
    }
    expect(crc32ByTable(Buffer.from('123456789'))).toBe(0xcbf43926);
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });
});
