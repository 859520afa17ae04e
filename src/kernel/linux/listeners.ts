// The contract's calls for listening sockets: opening and adopting them, accepting, and ceasing to listen without losing
// anybody who has begun to connect.

import type { Address } from '../address.ts';
import { ECONNABORTED, EINTR, EINVAL, EOPNOTSUPP, EPERM } from '../errors.ts';
import type { ListenOptions } from '../kernel.ts';
import { dropSyns } from './filter.ts';
import * as libc from './libc.ts';
import { check } from './libc.ts';
import { getOption, openSocket, setConnectionOptions, setSwitch } from './open-socket.ts';
import { claim, disown, isOwn, removeFile } from './own-listeners.ts';
import { encodeAddress } from './sockaddr.ts';
import { bindFile } from './socket-file.ts';
import { localAddress } from './sockets.ts';

export function listen(address: Address, options: ListenOptions): number {
  const encoded = encodeAddress(address);
  const fd = openSocket(address.family);
  if (fd < 0) return fd;
  const failure = prepare(fd, address, encoded, options);
  if (failure < 0) {
    libc.close(fd);
    return failure;
  }
  claim(fd, address);
  return fd;
}

/** Bound before its file's mode is set, listening after: nobody can connect to a socket that does not listen. */
function prepare(fd: number, address: Address, encoded: Buffer, options: ListenOptions): number {
  if (address.family !== 'unix') {
    setSwitch(fd, libc.SOL_SOCKET, libc.SO_REUSEADDR, true);
    setConnectionOptions(fd);
    if (options.reusePort === true) setSwitch(fd, libc.SOL_SOCKET, libc.SO_REUSEPORT, true);
    if (address.family === 'inet6') {
      setSwitch(fd, libc.IPPROTO_IPV6, libc.IPV6_V6ONLY, options.ipv6Only === true);
    }
  }
  const bound =
    address.family === 'unix'
      ? bindFile(fd, address.path, encoded, options.mode)
      : check(libc.bind(fd, encoded, encoded.length));
  if (bound < 0) return bound;
  // Set before, it would let this one join others that happen to listen there, even where the port is the system's choice.
  if (options.reusePort === 'first') setSwitch(fd, libc.SOL_SOCKET, libc.SO_REUSEPORT, true);
  return check(libc.listen(fd, options.backlog));
}

export function adopt(fd: number): number {
  const descriptorFlags = check(libc.fcntl(fd, libc.F_GETFD, 0));
  if (descriptorFlags < 0) return descriptorFlags;
  const statusFlags = check(libc.fcntl(fd, libc.F_GETFL, 0));
  if (statusFlags < 0) return statusFlags;
  const type = getOption(fd, libc.SO_TYPE);
  if (type < 0) return type;
  const named = localAddress(fd);
  if (type !== libc.SOCK_STREAM || named === undefined) return -EOPNOTSUPP;
  if (getOption(fd, libc.SO_ACCEPTCONN) !== 1) return -EINVAL;
  disown(fd);
  libc.fcntl(fd, libc.F_SETFD, descriptorFlags | libc.FD_CLOEXEC);
  libc.fcntl(fd, libc.F_SETFL, statusFlags | libc.O_NONBLOCK);
  if (named.family !== 'unix') setConnectionOptions(fd);
  return fd;
}

/** accept(2) hands pending network errors of the new connection to the caller, who is to try again. */
export function accept(listener: number): number {
  for (;;) {
    const fd = check(libc.accept4(listener, null, null, libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC));
    if (fd !== -ECONNABORTED && fd !== -EINTR) return fd;
  }
}

/**
 * There is no system call for this: shutdown(2) and close(2) of a listening socket reset its queue. So a filter drops
 * every SYN, and the ACK that ends a handshake passes. A client sends its SYN again after a second (RFC 6298, section 2),
 * and finds the port closed, or a successor on it. What is accepted meanwhile inherits the filter and never notices:
 * nobody sends a SYN on an established connection.
 *
 * In a SO_REUSEPORT group the kernel goes on choosing this socket for its share of the SYNs; these are late by that
 * second, and their second try reaches a sibling once this one is closed. Closing at once would spare them the second,
 * and reset those whose handshake is under way (but for net.ipv4.tcp_migrate_req, which is off by default): late is
 * better than lost. Who keeps the group's sockets open beyond a member's life has no need of either: the queue waits
 * for the next member.
 */
export function stopListening(fd: number): number {
  if (!isOwn(fd)) return -EPERM;
  if (removeFile(fd)) return 0;
  return dropSyns(fd);
}
