// What a newcomer sees once the servers listen: how to talk to each of them, in commands that work as they stand. Pure.
import { isIPv6 } from 'node:net';
import type { ServerSettings } from './server-arguments.js';
import { defaultChatPort } from './clients/chat-arguments.js';
import { defaultMuxPort } from './clients/mux-arguments.js';
import { defaultFilesPort } from './clients/files-target.js';
import { printable } from './printable.js';

/** `settings` with the ports that the servers really got. */
export function guide({ host, ports, uploads }: ServerSettings): string {
  const isEverywhere = host === '0.0.0.0' || host === '::';
  const peer = isEverywhere || host === '127.0.0.1' ? 'localhost' : host;
  const client = (name: string, port: number, defaultPort: number, isWithWords = false): string => {
    const flags = [...(peer === 'localhost' ? [] : ['--host', host]), ...(port === defaultPort ? [] : ['--port', String(port)])];
    return [`npm run ${name}`, ...(flags.length > 0 || isWithWords ? ['--', ...flags] : [])].join(' ');
  };
  return `
Try them from another terminal (address ${isIPv6(host) ? `[${host}]` : host}${isEverywhere ? ', every interface' : ''}):

  echo    nc ${peer} ${ports.echo}
          Type a line: it comes back behind "Echo: ".

  chat    ${client('chat', ports.chat, defaultChatPort)}
          In two terminals: what one types, the other sees. /help says more.

          nc ${peer} ${ports.chat}
          By hand. Type two lines; 16 is the bytes of the second, its end too:
              16
              {"type":"ping"}

  files   ${client('files', ports.files, defaultFilesPort, true)} put README.md
          To ${printable(uploads, 200)}; ls and get read it. A big one may be interrupted.

  binary  printf '\\0\\1\\0\\0\\0\\0\\0\\0' | nc -q1 ${peer} ${ports.binary} | od -c
          A heartbeat, eight bytes. The answer: eight bytes and "pong".

  mux     ${client('mux', ports.mux, defaultMuxPort)}
          Echo and chat as three streams over one connection.

Ctrl-C stops them.
`;
}
