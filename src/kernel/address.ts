// Where a socket listens or connects. Everything above the kernel passes these plain objects around; only the
// backends translate them to and from the operating system's form.

/** An IPv4 or IPv6 endpoint. `host` is always a numeric address, never a name. */
export interface InetAddress {
  readonly family: 'inet' | 'inet6';
  readonly host: string;
  readonly port: number;
}

/** A unix-domain socket. `path` is empty for an unnamed peer. */
export interface UnixAddress {
  readonly family: 'unix';
  readonly path: string;
}

export type Address = InetAddress | UnixAddress;

/**
 * The address as a person writes it, and as `parseBind` in `config` reads it.
 *
 * @example formatAddress({ family: 'inet6', host: '::1', port: 80 }) // '[::1]:80'
 */
export function formatAddress(address: Address): string {
  if (address.family === 'unix') return `unix:${address.path}`;
  return address.family === 'inet6' ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
