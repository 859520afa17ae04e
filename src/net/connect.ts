// Connects streams, for clients: over the loop's own kernel, or over Node's `net` where the loop has none.

import { createConnection } from 'node:net';
import { type Address, formatAddress, SystemError } from '../kernel/index.ts';
import type { Loop } from '../loop/index.ts';
import { type Co, currentTask, until } from '../task/index.ts';
import { DuplexStream } from './duplex.ts';
import { SocketStream } from './socket.ts';
import type { Stream } from './stream.ts';

/** A host by name, to be resolved; or an address. */
export type Target = Address | { readonly host: string; readonly port: number };

/**
 * Connects to `target`, trying each of a name's addresses in turn. Throws the last one's error, with a `code` such as
 * ECONNREFUSED. A host that never answers is given up after minutes: put a `deadline` around it.
 *
 * @example const stream = yield* connect({ host: 'localhost', port: 8000 });
 */
export function* connect(target: Target): Co<Stream> {
  const { loop } = yield* currentTask();
  const open = loop.kernel.name === 'node' ? connectDuplex : connectSocket;
  if ('family' in target) return yield* open(loop, target);
  let failure: unknown;
  for (const address of yield* until(loop.kernel.resolve(target.host, target.port))) {
    try {
      return yield* open(loop, address);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

/** Ours and Node's have this in common; a cancellation is none. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}

function* connectSocket(loop: Loop, address: Address): Co<Stream> {
  const fd = loop.kernel.connect(address);
  if (fd < 0) throw new SystemError('connect', fd, formatAddress(address));
  const stream = new SocketStream(loop, fd);
  try {
    yield* stream.established(address);
    return stream;
  } catch (error) {
    stream.close();
    throw error;
  }
}

function* connectDuplex(_loop: Loop, address: Address): Co<Stream> {
  const target =
    address.family === 'unix' ? { path: address.path } : { ...address, family: 0, noDelay: true };
  const socket = createConnection({ ...target, allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  const stream = new DuplexStream(socket);
  try {
    yield* until(promise);
    socket.off('error', reject);
    return stream;
  } catch (error) {
    stream.close('reset');
    throw error;
  }
}
