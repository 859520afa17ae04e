// How a thread has ended, or where it hangs, for people.

import type { ThreadEnd } from './thread.ts';

/** No thread can serve the app. The message is for people: why it does not load, as a rule. */
export class ThreadStartError extends Error {
  override readonly name = 'ThreadStartError';

  constructor(message: string, cause?: Error) {
    super(message, { cause });
  }
}

/** What completes "a thread ...". */
export function describeEnd({ code, error }: ThreadEnd): string {
  if (error !== undefined && Reflect.get(error, 'code') === 'ERR_WORKER_OUT_OF_MEMORY')
    return 'ran out of memory (threadMemory)';
  if (error !== undefined) return `died of an error that nobody caught: ${error.message}`;
  return `was ended with status ${code}, by process.exit() in the app`;
}

/** Where a thread is, as an error that a log shows with its stack. */
export function hungError(line: string, stack: readonly string[] | undefined): Error {
  const error = new Error(line);
  error.name = 'Blocked';
  const frames = stack ?? ['no stack can be had: it is in a native call, or in a regular expression'];
  error.stack = [`Blocked: ${line}`, ...frames.map((frame) => `    ${frame}`)].join('\n');
  return error;
}
