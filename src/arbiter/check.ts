// Whether an app can be served: one worker boots, at a port of the system's choice whatever it asks for, and ends again.

import type { BindAddress } from '../config/index.ts';
import { createKernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';
import type { Ready } from '../protocol/index.ts';
import { type Co, spawn } from '../task/index.ts';
import { launcher, type SocketSource } from './launch.ts';
import type { Plan } from './launcher.ts';
import { Worker } from './worker.ts';

/** What it is, and where it would listen; or why it can't be served, and the status that says so. */
export type Checked = Served | { readonly failure: string; readonly status: number };

export interface Served {
  readonly ready: Ready;
  readonly listens: readonly BindAddress[];
}

const LOAD_FAILURE = 3;
const PRIVATE = { family: 'inet', host: '127.0.0.1', port: 0 } as const;
const BACKLOG = 16;

/** Told of each file that the app loads, where the plan's boot is `inspected`; `format` is Node's word for what it is. */
export type OnLoad = (file: string, format: string | undefined) => void;

export async function checkApp(plan: Plan, onLoad: OnLoad = () => {}): Promise<Checked> {
  const loop = new Loop(createKernel('linux'));
  loop.attach();
  const opened: number[] = [];
  const asked: BindAddress[] = [];
  const sockets: SocketSource = {
    open: (_slot, _pid, { target }) => {
      asked.push(target);
      const fd = loop.kernel.listen(PRIVATE, { backlog: BACKLOG });
      if (fd >= 0) opened.push(fd);
      return fd;
    },
    of: () => [],
    targets: asked,
  };
  try {
    return await spawn(loop, check(loop, plan, sockets, onLoad));
  } finally {
    for (const fd of opened) loop.kernel.close(fd);
    loop.close();
  }
}

function* check(loop: Loop, plan: Plan, sockets: SocketSource, onLoad: OnLoad): Co<Checked> {
  const { bootTimeout } = plan.boot.resolved.settings;
  let ready: Ready | undefined;
  const worker = new Worker(loop, launcher(loop, sockets), 0, plan, {
    onReady: (report) => {
      ready = report;
    },
    onStall: () => {},
    onLoad,
    onChange: () => {},
    onEnd: () => {},
  });
  const result = yield* worker.boots(bootTimeout);
  worker.kill(result === 'serving' ? 'SIGQUIT' : 'SIGKILL');
  const exit = yield* worker.exited.wait();
  if (ready !== undefined) return { ready, listens: sockets.targets };
  const late = result === 'late' ? worker.describeDelay(bootTimeout) : worker.describeEnd(exit);
  const failure = worker.failure ?? `the worker ${late}`;
  return { failure, status: exit.code === null || exit.code === 0 ? LOAD_FAILURE : exit.code };
}
