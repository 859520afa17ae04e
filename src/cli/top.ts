// `siskin top`: what `siskin ctl status` says, again every second, with what has changed: requests a second.

import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Status } from '../protocol/index.ts';
import type { ControlOptions } from './control-commands.ts';
import { askArbiter } from './conversation.ts';
import { describeStatus, findSocket } from './ctl.ts';

const PERIOD = 1000;
const CLEAR = '\x1b[H\x1b[2J';

export async function topCommand(options: ControlOptions): Promise<void> {
  let before: { readonly requests: number; readonly time: number } | undefined;
  try {
    const path = await findSocket(options);
    for (;;) {
      const { status } = await askArbiter({ command: 'status' }, path);
      const now = { requests: total(status!), time: performance.now() };
      const rate = before && ((now.requests - before.requests) * 1000) / (now.time - before.time);
      before = now;
      const line = `${Math.max(0, Math.round(rate ?? 0))} requests/s; Ctrl-C ends this`;
      process.stdout.write(`${process.stdout.isTTY ? CLEAR : ''}${describeStatus(status!)}\n${line}\n`);
      await sleep(PERIOD);
    }
  } catch (error) {
    process.stderr.write(`siskin: ${(error as Error).message}\n`);
    process.exitCode = 1;
  }
}

/** Of the workers that are there: where one has been replaced, less than before. */
function total({ workers }: Status): number {
  return workers.reduce((sum, { requests }) => sum + requests, 0);
}
