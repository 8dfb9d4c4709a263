// The documented wire as a codec: control messages as JSON on stream 0, with their keys in the documented order, and
// eight bytes before each payload. `SPEC.md` is the whole of it.
import type { Codec, CodecEvents, CodecLimits, CodecSession, Hello } from './codec.js';
import { depthOf, MAX_DEPTH } from './native-control.js';
import { NativeDecoder } from './native-decoder.js';

const HEADER_BYTES = 8;
/** A longer list of grants becomes several frames. */
const MAX_GRANT_BYTES = 32 * 1024;

class NativeSession implements CodecSession {
  readonly #decoder: NativeDecoder;
  readonly #limits: CodecLimits;

  constructor(events: CodecEvents, limits: CodecLimits) {
    this.#decoder = new NativeDecoder(events, limits);
    this.#limits = limits;
  }

  decode(chunk: Buffer): void {
    this.#decoder.decode(chunk);
  }

  stop(): void {
    this.#decoder.stop();
  }

  writeHeader(target: Buffer, offset: number, id: number, length: number): number {
    return writeU32(target, writeU32(target, offset, id), length);
  }

  open(id: number, type: string, metadata: unknown, _windowBytes: number): Buffer {
    const json = JSON.stringify(metadata) as string | undefined;
    if (json === undefined) throw new TypeError('metadata must be a JSON value');
    const { maxMetadataBytes, maxControlBytes } = this.#limits;
    if (json.length * 3 > maxMetadataBytes && Buffer.byteLength(json) > maxMetadataBytes) {
      throw new RangeError(`metadata must be at most ${maxMetadataBytes} bytes of JSON, got ${Buffer.byteLength(json)}`);
    }
    const frame = control(`{"type":"stream_create","streamId":${id},"streamType":${JSON.stringify(type)},"metadata":${json}}`);
    if (json.length > MAX_DEPTH && depthOf(frame.subarray(HEADER_BYTES)) > MAX_DEPTH) {
      throw new RangeError(`metadata must be nested at most ${MAX_DEPTH - 1} deep`);
    }
    if (frame.length - HEADER_BYTES > maxControlBytes) throw new RangeError(`a stream's type and metadata must fit in ${maxControlBytes} bytes`);
    return frame;
  }

  ack(id: number, _windowBytes: number): Buffer {
    return control(`{"type":"stream_ack","streamId":${id}}`);
  }

  fin(id: number): Buffer {
    return control(`{"type":"stream_close","streamId":${id}}`);
  }

  reset(id: number, code: number, reason: string): Buffer {
    return control(`{"type":"stream_reset","streamId":${id},"code":${code},"reason":${JSON.stringify(reason)}}`);
  }

  grant(grants: readonly number[]): Buffer[] {
    const frames: Buffer[] = [];
    let list = '';
    for (let at = 0; at < grants.length; at += 3) {
      list += `${list === '' ? '' : ','}[${grants[at]},${grants[at + 1]}]`;
      if (list.length < MAX_GRANT_BYTES - 64 && at + 3 < grants.length) continue;
      frames.push(control(`{"type":"window","w":[${list}]}`));
      list = '';
    }
    return frames;
  }

  ping(id: number): Buffer {
    return control(`{"type":"ping","id":${id}}`);
  }

  pong(id: number): Buffer {
    return control(`{"type":"pong","id":${id}}`);
  }

  goaway(lastStreamId: number, code: number, reason: string): Buffer {
    return control(`{"type":"goaway","lastStreamId":${lastStreamId},"code":${code},"reason":${JSON.stringify(reason)}}`);
  }

  hello({ caps, initialWindow, maxStreams }: Hello): Buffer {
    return control(JSON.stringify({ type: 'hello', version: 1, caps, initialWindow, maxStreams }));
  }

  helloAck(): Buffer {
    return control('{"type":"hello_ack"}');
  }
}

/** The documented wire, the default codec. */
export function native(): Codec {
  return {
    name: 'native',
    headerBytes: HEADER_BYTES,
    metadata: true,
    resetCode: true,
    lastStreamId: true,
    negotiation: true,
    grants: 'offset',
    ids: { client: 1, lastClient: 0x7fffffff, server: 0x80000000, lastServer: 0xfffffffe },
    createSession: (events, limits) => new NativeSession(events, limits),
  };
}

/** One frame of stream 0. */
function control(json: string): Buffer {
  const length = Buffer.byteLength(json);
  const frame = Buffer.allocUnsafe(HEADER_BYTES + length);
  writeU32(frame, writeU32(frame, 0, 0), length);
  frame.write(json, HEADER_BYTES, 'utf8');
  return frame;
}

function writeU32(target: Buffer, at: number, value: number): number {
  target[at] = value >>> 24;
  target[at + 1] = value >>> 16;
  target[at + 2] = value >>> 8;
  target[at + 3] = value;
  return at + 4;
}
