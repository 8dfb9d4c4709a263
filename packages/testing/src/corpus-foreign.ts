// The first bytes of protocols that reach the wrong port: what a client of each sends, or where the server speaks first,
// what it sends. Made up from the specifications, complete enough to be told apart.

/** The opening of another protocol. */
export interface ForeignCorpusEntry {
  /** The protocol and what is sent. Unique. */
  name: string;
  bytes: Buffer;
  /** What `looksLike` of `@verb-tcp/socket/message` calls it, where it knows it. */
  looksLike?: 'http' | 'http2' | 'tls' | 'ssh' | 'proxy' | 'redis' | 'smb' | 'json';
}

type Row = readonly [name: string, bytes: string | Uint8Array, looksLike?: ForeignCorpusEntry['looksLike']];

const WEB: readonly Row[] = [
  ['HTTP GET', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', 'http'],
  ['HTTP HEAD', 'HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n', 'http'],
  ['HTTP POST', 'POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}', 'http'],
  ['HTTP PUT', 'PUT /file HTTP/1.1\r\nHost: localhost\r\n\r\n', 'http'],
  ['HTTP PATCH', 'PATCH /file HTTP/1.1\r\nHost: localhost\r\n\r\n', 'http'],
  ['HTTP DELETE', 'DELETE /file HTTP/1.1\r\nHost: localhost\r\n\r\n', 'http'],
  ['HTTP OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n', 'http'],
  ['HTTP TRACE', 'TRACE / HTTP/1.1\r\nHost: localhost\r\n\r\n', 'http'],
  ['HTTP CONNECT', 'CONNECT localhost:443 HTTP/1.1\r\n\r\n', 'http'],
  ['HTTP response', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', 'http'],
  [
    'WebSocket upgrade',
    'GET /chat HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    'http',
  ],
  ['HTTP/2 preface', latin1('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '000000040000000000'), 'http2'],
  ['gRPC, with the settings that its clients send', latin1('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '000006040000000000000400400000'), 'http2'],
  ['TLS 1.3 client hello', hex('16030100c8010000c40303', 32), 'tls'],
  ['TLS 1.0 client hello', hex('1603010031010000' + '2d0301', 32), 'tls'],
  ['TLS alert', hex('15030300020228')],
  ['SSL 2.0 client hello', hex('802e0100020015000000100700c0', 16)],
  ['RTSP', 'OPTIONS rtsp://localhost/stream RTSP/1.0\r\nCSeq: 1\r\n\r\n'],
  ['RTSP describe', 'DESCRIBE rtsp://localhost/stream RTSP/1.0\r\nCSeq: 2\r\n\r\n'],
  ['SIP', 'REGISTER sip:localhost SIP/2.0\r\nVia: SIP/2.0/TCP localhost\r\n\r\n'],
  ['RTMP', hex('0300000000' + '00000000', 64)],
];

const REMOTE_ACCESS: readonly Row[] = [
  ['SSH', 'SSH-2.0-OpenSSH_9.6\r\n', 'ssh'],
  ['Telnet', hex('fffd18fffd20fffd23fffd27')],
  ['RDP', hex('0300002b26e00000000000') ],
  ['VNC', 'RFB 003.008\n'],
  ['X11, little-endian', hex('6c000b000000000000000000')],
  ['X11, big-endian', hex('42000000000b000000000000')],
  ['rlogin', '\u0000user\u0000user\u0000xterm/38400\u0000'],
  ['SOCKS 4', hex('0401005000000001757365720000')],
  ['SOCKS 5', hex('050100')],
  ['ADB', latin1('CNXN', '0000000100001000070000003202000' + '0bcb1a7b1')],
];

const PROXIES: readonly Row[] = [
  ['PROXY v1', 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n', 'proxy'],
  ['PROXY v1 unknown', 'PROXY UNKNOWN\r\n', 'proxy'],
  ['PROXY v2', hex('0d0a0d0a000d0a515549540a2111000cc0000201c0000202dc0401bb'), 'proxy'],
  ['PROXY v2 local', hex('0d0a0d0a000d0a515549540a20000000'), 'proxy'],
  ['STUN', hex('000100002112a442', 12)],
];

const FILES: readonly Row[] = [
  ['SMB 1', latin1('\u0000\u0000\u0000\u0055\u00ffSMB', '7200000000180128'), 'smb'],
  ['SMB 2', latin1('\u0000\u0000\u0000\u00a4\u00feSMB', '4000000000000000'), 'smb'],
  ['FTP', 'USER anonymous\r\n'],
  ['FTP greeting', '220 FTP server ready\r\n'],
  ['BitTorrent', latin1('\u0013BitTorrent protocol', '0000000000100005')],
  ['rsync', '@RSYNCD: 31.0\n'],
  ['git', '0033git-upload-pack /project.git\u0000host=localhost\u0000'],
  ['NFS over RPC', hex('8000002800000001000000000000000200' + '0186a30000000300000000')],
  ['iSCSI', hex('4387000000000000', 40)],
];

const DATABASES: readonly Row[] = [
  ['Redis array', '*1\r\n$4\r\nPING\r\n', 'redis'],
  ['Redis inline', 'PING\r\n', 'redis'],
  ['Redis answer', '+OK\r\n', 'redis'],
  ['Postgres TLS request', hex('0000000804d2162f')],
  ['Postgres start', latin1('\u0000\u0000\u0000\u0021\u0000\u0003\u0000\u0000user\u0000postgres\u0000\u0000', '')],
  ['MySQL greeting', latin1('\u004a\u0000\u0000\u0000\u000a8.0.36\u0000', '08000000')],
  ['memcached text', 'get key\r\n'],
  ['memcached binary', hex('800000030000000000000003', 12)],
  ['MongoDB', hex('3d00000001000000000000' + '00d4070000' + '00000000')],
  ['Cassandra', hex('0400000001000000160001000b')],
  ['Elasticsearch transport', latin1('ES', '0000002c0000000000000001')],
  ['SQL Server', hex('1201002f0000010000001a0006')],
  ['Oracle', hex('00570000010000000138012c')],
  ['ZooKeeper', hex('0000002c00000000', 16)],
  ['LDAP', hex('300c020101600702010304008000')],
];

const MESSAGING: readonly Row[] = [
  ['SMTP', 'EHLO localhost\r\n'],
  ['SMTP greeting', '220 localhost ESMTP\r\n'],
  ['POP3 greeting', '+OK POP3 ready\r\n'],
  ['IMAP', 'a001 LOGIN user password\r\n'],
  ['IMAP greeting', '* OK IMAP4rev1 ready\r\n'],
  ['IRC', 'NICK user\r\nUSER user 0 * :user\r\n'],
  ['NNTP greeting', '200 news server ready\r\n'],
  ['XMPP', "<?xml version='1.0'?><stream:stream to='localhost'>"],
  ['MQTT', latin1('\u0010\u000f\u0000\u0004MQTT', '0402003c000361626' + '3')],
  ['AMQP 0-9-1', latin1('AMQP', '00000901')],
  ['AMQP 1.0', latin1('AMQP', '00010000')],
  ['Kafka', hex('0000001700120003000000010006636c69656e74')],
  ['NATS', 'CONNECT {"verbose":false}\r\nPING\r\n'],
  ['NATS greeting', 'INFO {"server_id":"A"}\r\n'],
  ['STOMP', 'CONNECT\naccept-version:1.2\nhost:localhost\n\n\u0000'],
  ['ZeroMQ', hex('ff00000000000000017f03004e554c4c', 48)],
  ['NSQ', '  V2'],
  ['JSON lines', '{"jsonrpc":"2.0","id":1,"method":"ping"}\n', 'json'],
];

const NAMES_AND_MORE: readonly Row[] = [
  ['DNS over TCP', hex('001d' + '123401000001000000000000' + '076578616d706c6503636f6d0000010001')],
  ['BGP', hex('ffffffffffffffffffffffffffffffff001d0104fde8')],
  ['Modbus', hex('000100000006010300000001')],
  ['whois', 'example.com\r\n'],
  ['finger', '\r\n'],
  ['Minecraft', hex('10000c096c6f63616c686f737463dd01')],
  ['Java serialisation', hex('aced0005')],
  ['Java RMI', latin1('JRMI', '00024b')],
  ['port scan with zeros', Buffer.alloc(64)],
];

/** Openings of other protocols. A decoder of JSON messages answers each with `ERR_FRAME_HEADER_INVALID`. */
export const foreignCorpus: readonly ForeignCorpusEntry[] = [
  ...WEB,
  ...REMOTE_ACCESS,
  ...PROXIES,
  ...FILES,
  ...DATABASES,
  ...MESSAGING,
  ...NAMES_AND_MORE,
].map(([name, bytes, looksLike]) => ({
  name,
  bytes: typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes),
  ...(looksLike === undefined ? {} : { looksLike }),
}));

/** The bytes of `digits`, then so many that stand for what is random there. */
function hex(digits: string, more = 0): Buffer {
  return Buffer.concat([Buffer.from(digits, 'hex'), Buffer.alloc(more, 0xa5)]);
}

function latin1(text: string, digits: string): Buffer {
  return Buffer.concat([Buffer.from(text, 'latin1'), Buffer.from(digits, 'hex')]);
}
