// Names the protocol that the first bytes of a connection belong to, so that an error can say "this is HTTP" instead of
// "byte 0x47 is no digit". Best effort: it sees only what has arrived.
import type { ForeignProtocol } from './errors.js';

const HTTP = /^(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) |^HTTP\//;
const REDIS = /^\*\d|^PING\r|^\+(?:OK|PONG)\r|^-ERR /;
const PROXY_V2_SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';

/** The protocol that `bytes` (the first of a connection; 16 are enough) begin like, or `undefined`. */
export function looksLike(bytes: Uint8Array): ForeignProtocol | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 16)).toString('latin1');
  if (text.startsWith('PRI * HTTP/2')) return 'http2';
  if (HTTP.test(text)) return 'http';
  if (bytes[0] === 0x16 && bytes[1] === 0x03) return 'tls';
  if (text.startsWith('SSH-')) return 'ssh';
  if (text.startsWith('PROXY ') || text.startsWith(PROXY_V2_SIGNATURE)) return 'proxy';
  if (text.slice(4, 8) === '\xffSMB' || text.slice(4, 8) === '\xfeSMB') return 'smb';
  if (REDIS.test(text)) return 'redis';
  if (/^\s*[{[]/.test(text)) return 'json';
  return undefined;
}
