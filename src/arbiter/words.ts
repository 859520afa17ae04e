// How a process has ended, in words.

import type { Settings } from '../config/index.ts';
import { CHANNEL, type Stalled } from '../protocol/index.ts';
import type { Exit } from './launcher.ts';

const SIGNALS: Partial<Readonly<Record<NodeJS.Signals, string>>> = {
  SIGKILL: 'was killed (SIGKILL): by the system for want of memory, perhaps, or by somebody',
  SIGSEGV: 'crashed: segmentation fault (SIGSEGV), in native code as a rule',
  SIGBUS: 'crashed: bus error (SIGBUS), in native code as a rule',
  SIGILL: 'crashed: illegal instruction (SIGILL)',
  SIGABRT: 'aborted (SIGABRT): out of heap memory, if the lines above say so (see --max-old-space-size)',
  SIGTERM: 'was terminated (SIGTERM)',
  SIGINT: 'was interrupted (SIGINT)',
};

const STATUSES: Readonly<Record<number, string>> = {
  0: 'ended with status 0: by process.exit() in the app, or because somebody sent it SIGTERM',
  1: 'ended with status 1: an error that nobody caught, or process.exit(1)',
  3: 'did not load its app (status 3)',
  13: 'ended with status 13: it awaits something that never happens',
  // As Node reports an abort where it can't die of the signal itself.
  134: 'aborted (status 134): out of heap memory, if the lines above say so (see --max-old-space-size)',
};

/** How many characters of what an app has written are shown. */
const EXCERPT = 100;

/** A worker that is killed for what came over its channel, which `error` says what is wrong with. */
export function describeNonsense(message: string, error: unknown): string {
  const shown = message.length <= EXCERPT ? message : `${message.slice(0, EXCERPT)}...`;
  const what = `wrote ${JSON.stringify(shown)} to descriptor ${CHANNEL}, where it speaks to the arbiter, and was killed`;
  return `${what} (${(error as Error).message}): the app must leave that descriptor alone`;
}

const NOT_STARTED: Readonly<Record<string, string>> = {
  E2BIG:
    'its environment and arguments are larger than the system takes, which is 128 KB for each and a quarter of "ulimit -s" for all (E2BIG)',
};

/** What completes "the worker ...". */
export function describeExit({ code, signal, error }: Exit): string {
  if (error !== undefined) {
    const { code: name = '' } = error as NodeJS.ErrnoException;
    return `could not be started: ${NOT_STARTED[name] ?? error.message}`;
  }
  if (signal !== null) return SIGNALS[signal] ?? `was ended by ${signal}`;
  return STATUSES[code ?? 0] ?? `ended with status ${code}`;
}

/** What follows the end of a worker, the last of so many that have failed in a row. */
export function describeNext(failures: number, pause: number): string {
  if (pause === 0) return 'another takes its place';
  const times = failures === 1 ? '' : `${failures} times in a row; `;
  return `${times}the next try is in ${pause} ms`;
}

/** What a reload that has failed leaves; `failure` completes "the worker ...". `retired`: there were no old workers. */
export function describeFailure(failure: string, replaced: number, count: number, retired: boolean): string {
  if (!retired)
    return `the old workers go on serving (${replaced} of ${count} workers are new): the new one ${failure}`;
  const some = replaced === 0 ? 'no worker serves' : `only ${replaced} of ${count} workers serve`;
  return `${some}: each of the others ${failure}, and is tried again with the settings from before`;
}

/** `one worker more`, `3 workers fewer`. */
export function describeChange(change: number): string {
  const count = Math.abs(change);
  return `${count === 1 ? 'one worker' : `${count} workers`} ${change > 0 ? 'more' : 'fewer'}`;
}

/** Where a worker's main thread is, as an error that a log shows with its stack. */
export function stackOf({ request, stack }: Stalled): Error {
  const where = request ?? 'no request that has just begun';
  const error = new Error(where);
  error.name = 'Blocked';
  const frames = stack ?? ['no stack can be had: it is in a regular expression, or in a native call'];
  error.stack = [`Blocked: ${where}`, ...frames.map((frame) => `    ${frame}`)].join('\n');
  return error;
}

/** What is the arbiter's own, and the sockets': workers that are new change nothing of it. */
const FIXED = [
  'backlog',
  'reusePort',
  'unixMode',
  'pidfile',
  'controlSocket',
  'logFile',
  'accessLogFile',
] as const satisfies readonly (keyof Settings)[];

/** What a reload has read and can't carry out; undefined: nothing. */
export function describeFixed(before: Settings, now: Settings): string | undefined {
  const changed = FIXED.filter((key) => before[key] !== now[key]);
  if (changed.length === 0) return undefined;
  return `${changed.join(', ')} changed: that takes a new arbiter, by SIGUSR2 or a restart`;
}
