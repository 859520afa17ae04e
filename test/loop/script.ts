// Runs a few lines of JavaScript as a process of their own: whether a process ends by itself, and what it does with an
// error that nobody catches, only another process can tell.

import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { moduleOf } from '../cli/program.ts';

const SOURCES = ['kernel', 'loop', 'task', 'net'].map(
  (layer) => `import * as ${layer} from '${moduleOf(layer)}';`,
);
const PRELUDE = [...SOURCES, `import nodeNet from 'node:net';`, ''].join('\n');
/** Milliseconds after which a process that should have ended by itself is killed. */
const PATIENCE = 60_000;

export interface Outcome {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

/**
 * Runs `source` as a module that has `kernel`, `loop`, `task`, `net` and `nodeNet` imported. `onStart` may talk to the
 * process while it runs.
 */
export async function runScript(
  source: string,
  options: { readonly flags?: readonly string[]; readonly onStart?: (child: ChildProcess) => void } = {},
): Promise<Outcome> {
  const child = spawn(
    process.execPath,
    [...(options.flags ?? []), '--input-type=module', '--eval', PRELUDE + source],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: PATIENCE, killSignal: 'SIGKILL' },
  );
  options.onStart?.(child);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [lines, errors, code] = await Promise.all([text(child.stdout!), text(child.stderr!), ended]);
  return { code, lines: lines.split('\n').filter((line) => line !== ''), errors };
}
