// What ends a server: SIGTERM or SIGINT, or an error that nobody caught. Used by `serve-app.ts`. The first one stops it
// gracefully; a second signal ends the process at once, with the status that a shell gives for that signal.

import type { EventEmitter } from 'node:events';

export type StopCause =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'error'; readonly name: string; readonly error: unknown }
  | { readonly kind: 'closed' }
  | { readonly kind: 'orphaned' };

/** 128 + the signal's number, as shells report it. */
export const SIGNAL_STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves with the first cause. After an uncaught error the app's state is not to be trusted, so the process ends;
 * but the other requests in flight have nothing to do with it, so they are finished first. An app that listens for such
 * errors itself has decided otherwise. `source` is `process`; `drained`: nothing is left to be finished; `onStop` is called at
 * the first signal, before handlers of the app are.
 */
export function stopCause(
  source: EventEmitter,
  exit: (status: number) => void,
  {
    signals = ['SIGTERM', 'SIGINT'],
    drained = () => false,
    onStop = () => {},
  }: {
    signals?: readonly (keyof typeof SIGNAL_STATUS)[];
    drained?: () => boolean;
    onStop?: () => void;
  } = {},
): Promise<StopCause> {
  return new Promise((resolve) => {
    let stopping = false;
    for (const signal of signals) {
      source.on(signal, () => {
        if (stopping) exit(drained() ? 0 : SIGNAL_STATUS[signal]);
        stopping = true;
        onStop();
        resolve({ kind: 'signal', signal });
      });
    }
    source.on('uncaughtException', (error: unknown, origin: string) => {
      if (source.listenerCount('uncaughtException') > 1) return;
      const name =
        origin === 'unhandledRejection'
          ? 'a promise was rejected and nobody caught it'
          : 'nobody caught an error';
      resolve({ kind: 'error', name, error });
    });
  });
}

/** The app has a handler of its own for `signal`, beside the one of `stopCause`. */
export function isHandled(source: EventEmitter, signal: NodeJS.Signals): boolean {
  return source.listenerCount(signal) > 1;
}
