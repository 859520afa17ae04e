// Makes a process green: before the app is loaded, and once. Called by the worker and by `node --import siskin/green`.

import { setSourceMapsSupport } from 'node:module';
import type { Loop } from '../loop/index.ts';
import { type BlockedReport, watchBlocking } from './blocked.ts';
import { Cache } from './cache.ts';
import { installDrivers } from './drivers/index.ts';
import { installLoader } from './loader.ts';
import { shareLoop } from './loop.ts';
import { installRuntime } from './runtime.ts';
import { Selection } from './selection.ts';

export interface GreenOptions {
  /** The event loop to wait on, asked for at the first wait. */
  readonly loop: () => Loop;
  /** What is made green beside the app and the packages that are known (selection.ts). */
  readonly include: readonly string[];
  /** The folder that relative paths of `include` are relative to. */
  readonly folder: string;
  /** Names or paths of drivers, whose packages are found from `app`, the app's file. */
  readonly drivers: readonly string[];
  readonly app: string;
  /** Told, in a sentence, what a driver has to say. */
  readonly onNote: (message: string) => void;
  /** Milliseconds from which on a blocking call is reported; 0: none is. */
  readonly blockedWarning: number;
  readonly onBlocked: (report: BlockedReport) => void;
  /** From then on, calls that block outside of coroutines are reported, too. */
  readonly isServing: () => boolean;
  /** Told, in a sentence, of a module that runs as it is because it can't be parsed. */
  readonly onRefused: (message: string) => void;
}

/**
 * From now on what is loaded is green, and Node's blocking functions suspend where they are called by it.
 *
 * @throws DriverError that says what to do, where a driver or its package can't be had.
 */
export async function install(options: GreenOptions): Promise<void> {
  shareLoop(options.loop);
  // Twins stand behind the functions they are made of: stacks have the lines of the source all the same.
  setSourceMapsSupport(true, { nodeModules: true, generatedCode: false });
  installRuntime();
  const { blockedWarning, onBlocked, isServing } = options;
  const threshold = blockedWarning === 0 ? Number.POSITIVE_INFINITY : blockedWarning;
  watchBlocking({ onBlocked, threshold, always: isServing });
  installLoader({
    selection: new Selection(options.include, options.folder),
    cache: new Cache(),
    onRefused: options.onRefused,
  });
  await installDrivers(options.drivers, options.app, options.onNote);
}
