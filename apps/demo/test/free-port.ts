import { createTCPServer } from '@verb-tcp/testing';

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  await using server = createTCPServer({ port: 0 });
  return server.address().port;
}
