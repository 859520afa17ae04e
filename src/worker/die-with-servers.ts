// What SIGTERM and SIGINT do to a program that runs with `siskin/register`: its servers stop gracefully, and then the
// signal does what it would have done. Installed with the first server: a program without one dies at once, as ever.

import process from 'node:process';
import { stopAll } from '../node/index.ts';
import type { Logger } from '../server/index.ts';
import { isHandled, SIGNAL_STATUS } from './stop.ts';

/** `flush`: called before the end. */
export function dieWithServers(log: Logger, flush: () => void): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const onSignal = (): void => {
      const handled = isHandled(process, signal);
      if (stopping) {
        if (!handled) die(signal, onSignal);
        return;
      }
      stopping = true;
      // A program with a handler of its own ends when it wants to: with this very signal, perhaps, once it has taken its
      // handler back, and then nothing of ours must be in the way.
      if (handled) process.off(signal, onSignal);
      log.info({ signal }, 'stopping: finishing what is in flight');
      stopAll(!handled).then(() => {
        flush();
        if (!handled) die(signal, onSignal);
      });
    };
    // First, so that the program's own handlers find a server that is about to stop.
    process.prependListener(signal, onSignal);
  }
}

function die(signal: 'SIGTERM' | 'SIGINT', onSignal: () => void): void {
  process.off(signal, onSignal);
  process.kill(process.pid, signal);
  // The first process of a container has no default for it.
  process.exit(SIGNAL_STATUS[signal]);
}
