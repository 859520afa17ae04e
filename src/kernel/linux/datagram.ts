// One message to a unix socket of datagrams, as service managers take them: sd_notify(3).

import { Buffer } from 'node:buffer';
import * as libc from './libc.ts';
import { check } from './libc.ts';

const AF_UNIX_BYTES = 2;

/** Sends `text` to the socket at `path`; one that begins with @ is abstract: unix(7). 0, or a negative errno. */
export function sendDatagram(path: string, text: string): number {
  const name = Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`);
  const address = Buffer.alloc(AF_UNIX_BYTES + name.length);
  address.writeUInt16LE(libc.AF_UNIX, 0);
  name.copy(address, AF_UNIX_BYTES);
  const type = libc.SOCK_DGRAM | libc.SOCK_CLOEXEC | libc.SOCK_NONBLOCK;
  const fd = check(libc.socket(libc.AF_UNIX, type, 0));
  if (fd < 0) return fd;
  const message = Buffer.from(text);
  const connected = check(libc.connect(fd, address, address.length));
  const sent = connected < 0 ? connected : check(libc.send(fd, message, message.length, libc.MSG_NOSIGNAL));
  libc.close(fd);
  return Math.min(sent, 0);
}
