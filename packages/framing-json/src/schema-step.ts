// The step between a payload and a message where there is a schema: JSON, then the validator, at once or later. A function,
// which gives the message or says as a FrameError why there is none. It keeps nothing.
import type { Open, Opened } from '@verb-tcp/socket/framing';
import { decodePayload, MessageError } from '@verb-tcp/socket/message';
import { FrameError, toFrameError } from './errors.js';
import { describeRefusal, isPending, type SchemaResult, type StandardSchema } from './schema.js';

/** What opens payloads for a handler with this schema. */
export function schemaStep<In>(schema: StandardSchema<unknown, In>): Open<unknown, In> {
  return (raw) => {
    const payload = raw as Buffer;
    const message = decode(payload);
    let result: SchemaResult<In> | Promise<SchemaResult<In>>;
    try {
      result = schema['~standard'].validate(message);
    } catch (cause) {
      throw new FrameError('ERR_FRAME_SCHEMA', 'schema threw', { cause });
    }
    return isPending(result) ? awaited(result, payload) : accepted(result, payload);
  };
}

async function awaited<In>(pending: Promise<SchemaResult<In>>, payload: Buffer): Promise<Opened<In>> {
  let result: SchemaResult<In>;
  try {
    result = await pending;
  } catch (cause) {
    throw new FrameError('ERR_FRAME_SCHEMA', 'schema rejected', { cause });
  }
  return accepted(result, payload);
}

function accepted<In>(result: SchemaResult<In>, payload: Buffer): Opened<In> {
  let refusal: string | undefined;
  try {
    refusal = describeRefusal(result);
  } catch (cause) {
    throw new FrameError('ERR_FRAME_SCHEMA', 'schema gave what is no result', { cause });
  }
  if (refusal === undefined) return result as Opened<In>;
  const facts = { issues: result.issues, receivedBytes: payload.length };
  throw new FrameError('ERR_FRAME_SCHEMA', `schema refused the message: ${refusal}`, facts);
}

function decode(payload: Buffer): unknown {
  try {
    return decodePayload(payload);
  } catch (error) {
    throw error instanceof MessageError ? toFrameError(error) : error;
  }
}
