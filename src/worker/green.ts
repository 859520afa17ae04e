// Green workers: what the green layer finds out is said in the log, and the app's fetch handler is one that starts coroutines.

import { relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../config/index.ts';
import { DriverError, type GreenOptions, greenFetch, installGreen } from '../green/index.ts';
import { sharedLoop } from '../node/index.ts';
import type { Logger } from '../server/index.ts';
import { type Adapt, StartError } from './serving.ts';

type BlockedReport = Parameters<GreenOptions['onBlocked']>[0];

/** Before the app is loaded. Returns what fetch handlers are adapted with. */
export async function makeGreen(
  app: string,
  settings: Settings,
  log: Logger,
  isServing: () => boolean,
): Promise<Adapt> {
  try {
    await installGreen({
      loop: sharedLoop,
      include: settings.greenInclude,
      drivers: settings.greenDriver,
      app: resolve(app),
      onNote: (message) => log.info({}, message),
      folder: process.cwd(),
      blockedWarning: settings.blockedWarning,
      isServing,
      onBlocked: (report) => log.warn(fieldsOf(report), describe(report)),
      onRefused: (message) => log.warn({}, message),
    });
  } catch (error) {
    throw error instanceof DriverError ? new StartError(error.message) : error;
  }
  return greenFetch as Adapt;
}

function fieldsOf({ api, milliseconds, count, stack, frame }: BlockedReport): object {
  return { api, milliseconds: Math.round(milliseconds), count, frame, stack };
}

function describe({ api, milliseconds, frame, hint }: BlockedReport): string {
  const where = frame === undefined ? '' : ` in ${frame.name}, line ${frame.line} of ${shown(frame.file)}`;
  return `${api} blocked all requests of this worker for ${Math.round(milliseconds)} ms${where}: ${hint}`;
}

function shown(file: string): string {
  return relative(process.cwd(), file.startsWith('file:') ? fileURLToPath(file) : file);
}
