// What every measurement's program begins and ends with: a folder for its files, and errors as a person reads them.

import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from './options.ts';
import { cpuSeconds, machineSeconds } from './proc.ts';
import { QUIET } from './results.ts';
import { MissingTool } from './tools.ts';

/**
 * Runs `main`, and says on standard error how much other programs disturbed it. A wrong flag ends with code 2, a
 * missing program with 1, each with one line that says what to do.
 */
export async function runMain(main: () => Promise<void>): Promise<void> {
  const before = { machine: machineSeconds(), ours: cpuSeconds(process.pid), at: performance.now() };
  try {
    await main();
    const ours = cpuSeconds(process.pid) - before.ours;
    const seconds = (performance.now() - before.at) / 1000;
    const others = (machineSeconds() - before.machine - ours) / seconds;
    if (others > QUIET)
      process.stderr.write(`not quiet: other programs used ${(others * 100).toFixed(0)}% of a core\n`);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof MissingTool)) throw error;
    process.stderr.write(`bench: ${error.message}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

/** A new folder that is removed when the process ends. */
export function makeScratch(): string {
  const scratch = mkdtempSync(join(tmpdir(), 'siskin-bench-'));
  chmodSync(scratch, 0o755); // nginx's worker reads it, under another user when started by root
  process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
  return scratch;
}
