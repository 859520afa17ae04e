// Why the server could not start to listen: which address, who asked for it, and what to do. Called by `serve-app.ts`.

import { isIPv6 } from 'node:net';
import { inspect } from 'node:util';
import type { Origin } from '../config/index.ts';
import { formatAddress } from '../kernel/index.ts';

const ADVICE: Readonly<Record<string, string>> = {
  EACCES:
    'Ports below 1024 are for root: choose one above, or give Node the capability CAP_NET_BIND_SERVICE.\nFor a unix socket: may this user write to the directory?',
  EPERM: 'This user may not do that.',
  EADDRNOTAVAIL: 'No interface of this machine has that address. 0.0.0.0 means all of them.',
  ENOENT: 'The directory of the unix socket does not exist.',
  EBADF: 'No such descriptor was inherited: is the server started by what opens it?',
  ENOTSOCK: 'The inherited descriptor is not a socket.',
  EOPNOTSUPP:
    'The inherited descriptor is a socket, but none of streams: it must be one of TCP, or a unix socket of that kind (ListenStream= in systemd).',
  EINVAL:
    'An inherited descriptor must be a socket that listens already (Accept=no in systemd). Otherwise the address is malformed.',
};

/** A few lines for standard error. `origin`: where the addresses came from; a program asks for its own. */
export function describeStartFailure(error: unknown, origin: Origin | ProgramOrigin): string {
  if (!(error instanceof Error)) return `the server did not start\n  ${inspect(error)}`;
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === undefined) return `the server did not start\n  ${error.stack ?? error.message}`;
  const lines = [error.message, `Asked for by ${describeOrigin(origin)}.`];
  const advice = code === 'EADDRINUSE' ? adviceInUse(error) : code && ADVICE[code];
  if (advice !== undefined) lines.push(advice);
  return lines.join('\n').replaceAll('\n', '\n  ');
}

/** The error says where, in text (`subject` is ours, `address` alone that of a program's `bind`), or as Node does. */
function adviceInUse(error: Error & { subject?: string; address?: string; port?: number }): string {
  const { subject, address = '', port = 0 } = error;
  const family = isIPv6(address) ? 'inet6' : 'inet';
  const place = port > 0 ? formatAddress({ family, host: address, port }) : (subject ?? address);
  const [, host, used] = /^([^/]*):(\d+)$/.exec(place) ?? [];
  if (host === undefined) {
    return 'Another process listens there, or another file is in its place. Stop the one, remove the other, or choose another path.';
  }
  const free = Number(used) < 65_535 ? Number(used) + 1 : Number(used) - 1;
  return `Another process listens there (\`ss -ltnp\` says which). Stop it, or choose another port, such as ${host}:${free}.`;
}

/** As `describeStartFailure`, where a program has called `listen`. Its address may be one of `bind`'s, given from outside. */
export function describeListenFailure(error: unknown, program: string, bind: Origin): string {
  const isGiven = Reflect.get(error as Error, 'fromBind') === true;
  return describeStartFailure(error, isGiven ? bind : { kind: 'program', name: program });
}

export interface ProgramOrigin {
  readonly kind: 'program';
  readonly name: string;
}

/** Node's errors of `listen` come to whoever waits for the server, or to nobody. */
export function isListenFailure(error: unknown): boolean {
  return error instanceof Error && Reflect.get(error, 'syscall') === 'listen';
}

function describeOrigin(origin: Origin | ProgramOrigin): string {
  if (origin.kind === 'program') return `${origin.name}, which listens by itself`;
  if (origin.kind === 'environment') return `the environment variable ${origin.name}`;
  if (origin.kind === 'default') return 'the default: no --bind, SISKIN_BIND or PORT is given';
  if (origin.kind === 'file') return `${origin.name} in ${origin.file}`;
  return `${origin.kind} ${origin.name}`;
}
