// Opens listeners: on the loop's own kernel, or on Node's `net` where the loop has none.

import type { Address, ListenOptions } from '../kernel/index.ts';
import { type Co, currentTask } from '../task/index.ts';
import { DuplexListener } from './duplex-listener.ts';
import { SocketListener } from './listener.ts';
import type { Listener } from './stream.ts';

/** Connections that the kernel queues, where nobody says otherwise. The kernel caps it at net.core.somaxconn. */
export const DEFAULT_BACKLOG = 2048;

/**
 * Listens at `target`: an address, or a descriptor that was inherited. Throws an error with a `code` such as EADDRINUSE.
 *
 * @example const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 0 });
 */
export function* listen(
  target: Address | { readonly family: 'fd'; readonly fd: number },
  options: Partial<ListenOptions> = {},
): Co<Listener> {
  const { loop } = yield* currentTask();
  const complete = { backlog: DEFAULT_BACKLOG, ...options };
  if (loop.kernel.name === 'node') return yield* DuplexListener.open(target, complete);
  return target.family === 'fd'
    ? SocketListener.adopt(loop, target.fd)
    : SocketListener.open(loop, target, complete);
}
