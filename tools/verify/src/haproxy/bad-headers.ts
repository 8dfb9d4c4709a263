// From the trusted address, but not as it should be: no header in time, half of one, one that was changed on its way.
// Each ends, is counted under its code, and never reaches the application; the server serves on.
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { dial, type Caller } from '../caller.js';
import { check, same, within, type Check } from '../check.js';
import type { Scope } from '../scope.js';
import { Witness } from '../witness.js';
import type { Recorded, Recordings } from './proxy.js';
import { knowsClient } from './visit.js';

const HANDSHAKE_TIMEOUT = 400;
/** What a busy machine may be late. */
const SLACK = 250;
/** Where the addresses of an IPv4 header lie. */
const [ADDRESSES_FROM, ADDRESSES_TO] = [16, 28];

const listen = (scope: Scope): Promise<Witness> => {
  return Witness.listen(scope, { proxyProtocol: 'any', trustedProxies: ['127.0.0.1'], handshakeTimeout: HANDSHAKE_TIMEOUT });
};
const dialTo = (scope: Scope, { port }: Witness): Promise<Caller<Socket>> => dial(scope, { port, host: '127.0.0.1' });

export function badHeaderChecks(recordings: Recordings): Check[] {
  return [...deadlineChecks(recordings), ...brokenChecks(recordings)];
}

function deadlineChecks({ v1, v2 }: Recordings): Check[] {
  const untilRefused = (title: string, send: (client: Caller<Socket>) => Promise<void> | void): Check => {
    return check(title, async (scope) => {
      const witness = await listen(scope);
      const startedAt = performance.now();
      const client = await dialTo(scope, witness);
      const ending = client.ending();
      await send(client);
      const { code, at } = await witness.refusals.next();
      same('the refusal', code, 'ERR_TCP_HANDSHAKE_TIMEOUT');
      within('refused after, in ms', at - startedAt, HANDSHAKE_TIMEOUT - 1, HANDSHAKE_TIMEOUT + SLACK);
      within('ended after, in ms', (await ending).at - startedAt, HANDSHAKE_TIMEOUT - 1, HANDSHAKE_TIMEOUT + SLACK);
      await servesOn(scope, witness, v2, { [code]: 1 });
      return `${code} after ${Math.round(at - startedAt)} ms of ${HANDSHAKE_TIMEOUT}`;
    });
  };
  return [
    untilRefused('no header: refused at the deadline', () => {}),
    ...[v1, v2].flatMap(({ words, header }) => [
      untilRefused(`half of the header of ${words}: refused at the deadline`, ({ socket }) => {
        socket.write(header.subarray(0, header.length >> 1));
      }),
      untilRefused(`the header of ${words} so slowly that the deadline comes first: each byte does not begin it anew`, async ({ socket }) => {
        for (let at = 0; at < header.length - 1 && !socket.destroyed; at++) {
          socket.write(header.subarray(at, at + 1));
          await delay(HANDSHAKE_TIMEOUT / 8);
        }
      }),
    ]),
  ];
}

function brokenChecks({ v1, v2, v2WithChecksum }: Recordings): Check[] {
  return [
    ...[v1, v2].map(({ words, header }) => check(`a peer that ends within the header of ${words}`, async (scope) => {
      const witness = await listen(scope);
      const client = await dialTo(scope, witness);
      client.socket.end(header.subarray(0, header.length - 1));
      const { code } = await witness.refusals.next();
      same('the refusal', code, 'ERR_TCP_PROXY_TRUNCATED');
      await servesOn(scope, witness, v2, { [code]: 1 });
      return code;
    })),
    check('one wrong byte anywhere in the addresses or in the checksum of HAProxy: refused', async (scope) => {
      const { header } = v2WithChecksum;
      const witness = await listen(scope);
      // The checksum is the one extension here: its 4 bytes are the last.
      const places = Array.from(header.keys()).filter((at) => (at >= ADDRESSES_FROM && at < ADDRESSES_TO) || at >= header.length - 4);
      for (const at of places) {
        const changed = Buffer.from(header);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        const client = await dialTo(scope, witness);
        client.socket.write(changed);
        same(`the refusal for byte ${at}`, (await witness.refusals.next()).code, 'ERR_TCP_PROXY_INVALID');
        await client.ending();
      }
      await servesOn(scope, witness, v2WithChecksum, { ERR_TCP_PROXY_INVALID: places.length });
      return `${places.length} places, ERR_TCP_PROXY_INVALID each`;
    }),
    ...[
      { what: 'a request without a header', bytes: 'GET / HTTP/1.1\r\n\r\n', expected: 'ERR_TCP_PROXY_INVALID' },
      { what: 'a line of the right beginning without an end', bytes: `PROXY TCP4 ${'1'.repeat(200)}`, expected: 'ERR_TCP_PROXY_TOO_LONG' },
      { what: 'an address that is none', bytes: 'PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n', expected: 'ERR_TCP_PROXY_INVALID' },
    ].map(({ what, bytes, expected }) => check(`${what}: refused at once`, async (scope) => {
      const witness = await listen(scope);
      const startedAt = performance.now();
      const client = await dialTo(scope, witness);
      client.socket.write(bytes);
      const { code, at } = await witness.refusals.next();
      same('the refusal', code, expected);
      within('refused after, in ms', at - startedAt, 0, HANDSHAKE_TIMEOUT - 1);
      await client.ending();
      await servesOn(scope, witness, v2, { [code]: 1 });
      return `${code} after ${Math.round(at - startedAt)} ms`;
    })),
  ];
}

/** @throws unless the refusals are these, nobody came in, and a right header of HAProxy is still taken. */
async function servesOn(scope: Scope, witness: Witness, good: Recorded, refused: Record<string, number>): Promise<void> {
  same('refusedByCode', witness.refused, refused);
  same('who came in', [witness.arrivals.all.length, witness.server.stats().accepted], [0, 0]);
  const { header, address, port } = good;
  const client = await dialTo(scope, witness);
  client.socket.write(header);
  same('the next echo', (await client.exchange('next\n')).toString(), 'next\n');
  knowsClient({ client, address, port, arrival: await witness.arrivals.next() });
}
