// The addresses a server listens on, as people write them. Read by `schema.ts` for `--bind`, `SISKIN_BIND` and `PORT`;
// `resolve.ts` then looks up the host names, so that the server sees numeric addresses only.

import { isIPv4, isIPv6 } from 'node:net';
import { type Address, formatAddress } from '../kernel/index.ts';
import { BadValue } from './errors.ts';

/** A listening socket that the process inherited, by its descriptor: systemd's or a parent's. */
export interface InheritedSocket {
  readonly family: 'fd';
  readonly fd: number;
}

/** A host name whose address is not known yet. */
export interface NamedHost {
  readonly family: 'name';
  readonly host: string;
  readonly port: number;
}

/** What a server can listen on. */
export type BindAddress = Address | InheritedSocket;

export const DEFAULT_HOST = '127.0.0.1';
export const DEFAULT_PORT = 8000;

/** unix(7): `sun_path` is 108 bytes with its closing zero. */
const UNIX_PATH_LIMIT = 107;

/** A host name of letters, digits, hyphens and dots, that is not a malformed number: RFC 1123, section 2.1. */
const HOST_NAME = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/**
 * Reads one address. Throws {@link BadValue}.
 *
 *     HOST:PORT  127.0.0.1:8000  localhost:8000      [v6]:PORT  [::1]:8000
 *     PORT       8000: on this machine only          :PORT      :8000: on every IPv4 interface
 *     unix:PATH  unix:/run/app.sock                  fd://N     fd://3, inherited
 *
 * Port 0 asks for any free one.
 */
export function parseBind(text: string): BindAddress | NamedHost {
  if (text.startsWith('unix:')) return { family: 'unix', path: unixPath(text.slice('unix:'.length)) };
  if (text.startsWith('fd://')) return { family: 'fd', fd: descriptor(text.slice('fd://'.length)) };
  if (text.includes('://')) throw new BadValue('it is a URL: leave out what comes before the host');
  if (/^\d+$/.test(text)) return { family: 'inet', host: DEFAULT_HOST, port: portNumber(text) };

  const bracketed = /^\[(.*)\](?::(.*))?$/.exec(text);
  if (bracketed !== null) {
    const host = bracketed[1]!;
    if (host.includes('%')) throw new BadValue('an IPv6 zone is not supported');
    if (!isIPv6(host)) throw new BadValue(`${host} is not an IPv6 address`);
    return { family: 'inet6', host, port: portNumber(bracketed[2]) };
  }
  if (isIPv6(text)) throw new BadValue(`an IPv6 address goes in brackets: ${bracketedV6(text)}`);

  const colon = text.lastIndexOf(':');
  const host = colon === -1 ? text : text.slice(0, colon);
  if (host.includes('/')) throw new BadValue(`a path needs a prefix: unix:${text}`);
  if (host.includes(':')) throw new BadValue('an IPv6 address goes in brackets');
  const port = portNumber(colon === -1 ? undefined : text.slice(colon + 1));
  if (host === '') return { family: 'inet', host: '0.0.0.0', port };
  if (isIPv4(host)) return { family: 'inet', host, port };
  if (!HOST_NAME.test(host)) throw new BadValue(`${host} is neither an address nor a host name`);
  return { family: 'name', host, port };
}

/** What somebody means who wrote an IPv6 address without brackets: four or more digits at its end are a port. */
function bracketedV6(text: string): string {
  const [, host, port] = /^(.*[^:]):(\d{4,5})$/.exec(text) ?? [];
  return host !== undefined && isIPv6(host) ? `[${host}]:${port}` : `[${text}]:${DEFAULT_PORT}`;
}

/** The address as `parseBind` reads it. */
export function formatBind(bind: BindAddress | NamedHost): string {
  if (bind.family === 'fd') return `fd://${bind.fd}`;
  if (bind.family === 'name') return `${bind.host}:${bind.port}`;
  return formatAddress(bind);
}

function portNumber(text: string | undefined): number {
  if (text === undefined || text === '') throw new BadValue(`its port is missing: add :${DEFAULT_PORT}`);
  if (!/^\d+$/.test(text)) throw new BadValue(`its port, ${text}, is not a number`);
  const port = Number(text);
  if (port > 65_535) throw new BadValue('its port is above 65535');
  return port;
}

function unixPath(path: string): string {
  if (path === '') throw new BadValue('its path is missing: unix:/run/app.sock');
  if (path.includes('\0')) throw new BadValue('its path has a NUL in it');
  const bytes = Buffer.byteLength(path);
  if (bytes > UNIX_PATH_LIMIT) {
    throw new BadValue(`its path is ${bytes} bytes long, and a unix socket's is at most ${UNIX_PATH_LIMIT}`);
  }
  return path;
}

function descriptor(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new BadValue('its descriptor is not a number');
  return Number(text);
}
