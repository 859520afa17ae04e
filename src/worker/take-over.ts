// Puts our engine under `node:http` in this process: for `siskin serve`, before the app is imported, and for
// `siskin/register`. What is already listening stays as it is.

import { Server } from 'node:http';
import type { Server as NetServer } from 'node:net';
import { intercept, watchListenCalls } from '../node/index.ts';

export interface ListenCalls {
  /** The program has called `listen` of some web server. */
  seen(): boolean;
  /** Resolves when the first one listens, with that server. */
  readonly listening: Promise<NetServer>;
  /** Calls `listener` at the next one. */
  onNext(listener: () => void): void;
}

/** From here on every `http.Server` of the process is served by our engine. */
export function takeOver(): ListenCalls {
  const listening = Promise.withResolvers<NetServer>();
  let seen = false;
  let next: (() => void) | undefined;
  watchListenCalls((_call, server) => {
    seen = true;
    next?.();
    next = undefined;
    server.once('listening', () => listening.resolve(server));
  });
  intercept(Server.prototype);
  return {
    seen: () => seen,
    listening: listening.promise,
    onNext: (listener) => {
      next = listener;
    },
  };
}
