// The line at the start, of whatever was started.

import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** The address that it names, and the whole line. */
export async function listening(
  child: ChildProcess,
): Promise<{ readonly url: string; readonly line: string }> {
  for await (const line of createInterface({ input: child.stdout! })) {
    const url = /listening on (http:\/\/[^\s"]+)/.exec(line)?.[1];
    if (url !== undefined) return { url, line };
  }
  throw new Error('the server ended without listening');
}
