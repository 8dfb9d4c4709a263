// Sockets that systemd bound and handed to this process (`man sd_listen_fds`): environment variables in, descriptors out.
// It never opens, reads or closes one: give `fd` to a server.

/** A listening socket that was there before this process. */
export interface ActivatedSocket {
  /** What the option `fd` takes. */
  readonly fd: number;
  /** `FileDescriptorName=` of the socket unit, by default the unit's name. */
  readonly name: string | undefined;
}

/** After standard input, output and errors. */
const FIRST_FD = 3;
const MAX_SOCKETS = 1024;

/**
 * The sockets that systemd handed to this process; none where it did not, or where the variables make no sense.
 *
 * The variables are removed from `env`, so that child processes do not take the sockets for theirs: ask once. They are
 * for the very process that systemd starts: `ExecStart` must be `node`, not `npm start` or a shell that stays.
 *
 * @example
 * const [socket] = activatedSockets();
 * await createServer().withOptions({ tcp: { fd: socket?.fd } }).listen();
 */
export function activatedSockets(
  env: NodeJS.ProcessEnv = process.env,
  pid: number = process.pid,
): readonly ActivatedSocket[] {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID']) delete env[name];
  const count = toCount(LISTEN_FDS);
  if (toCount(LISTEN_PID) !== pid || count > MAX_SOCKETS) return [];
  const names = LISTEN_FDNAMES?.split(':') ?? [];
  // With a name too few or too many nobody knows which belongs to which.
  const areNamed = names.length === count;
  return Array.from({ length: count }, (_, index) => ({
    fd: FIRST_FD + index,
    name: areNamed ? names[index] || undefined : undefined,
  }));
}

/** 0 for what is no count. */
function toCount(value: string | undefined): number {
  return value !== undefined && /^[0-9]{1,10}$/.test(value) ? Number(value) : 0;
}
