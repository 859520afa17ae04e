// Opens listeners: on the loop's own kernel, or on Node's `net` where the loop has none.

import type { Address, ListenOptions } from '../kernel/index.ts';
import type { Loop } from '../loop/index.ts';
import { type Co, currentTask } from '../task/index.ts';
import { DuplexListener } from './duplex-listener.ts';
import { SocketListener } from './listener.ts';
import type { Listener } from './stream.ts';

/** Connections that the kernel queues, where nobody says otherwise. The kernel caps it at net.core.somaxconn. */
export const DEFAULT_BACKLOG = 2048;

type Target = Address | { readonly family: 'fd'; readonly fd: number };

/**
 * As `listen`, without a coroutine: bound when it returns. Where the loop has no kernel of its own, a failure may be known
 * only later, and a unix socket's stale file is in the way.
 */
export function listenNow(
  loop: Loop,
  target: Target,
  options: Partial<ListenOptions> = {},
): Listener | Promise<never> {
  const complete = { backlog: DEFAULT_BACKLOG, ...options };
  return loop.kernel.name === 'node'
    ? DuplexListener.openNow(target, complete)
    : openSocket(loop, target, complete);
}

function openSocket(loop: Loop, target: Target, options: ListenOptions): Listener {
  return target.family === 'fd'
    ? SocketListener.adopt(loop, target.fd)
    : SocketListener.open(loop, target, options);
}

/**
 * Listens at `target`: an address, or a descriptor that was inherited. Throws an error with a `code` such as EADDRINUSE.
 *
 * @example const listener = yield* listen({ family: 'inet', host: '127.0.0.1', port: 0 });
 */
export function* listen(target: Target, options: Partial<ListenOptions> = {}): Co<Listener> {
  const { loop } = yield* currentTask();
  const complete = { backlog: DEFAULT_BACKLOG, ...options };
  if (loop.kernel.name === 'node') return yield* DuplexListener.open(target, complete);
  return openSocket(loop, target, complete);
}
