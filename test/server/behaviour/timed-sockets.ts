// The suite's backends on real sockets in virtual time: here, too, every deadline passes when a test says so. The server
// runs on a loop of the test's, over the sockets that it has everywhere else: Linux's, or Node's as on macOS and Windows.

import { nodeApp } from '../../../src/app/index.ts';
import { resolveSettings, type Settings } from '../../../src/config/index.ts';
import { createKernel } from '../../../src/kernel/index.ts';
import { type RunningServer, type ServerHooks, startApp, startServer } from '../../../src/server/index.ts';
import type { Backend, Capability } from './backend.ts';
import { nodeServer } from './node-interface.ts';
import { fetchBackend, type KernelName, nodeInterfaceBackend, SocketSite } from './sockets.ts';
import { VirtualTime } from './virtual-time.ts';

type Start = (
  handler: Parameters<Backend['open']>[0],
  settings: Settings,
  hooks: ServerHooks,
) => Promise<RunningServer>;

/** Apps are fetch handlers. */
export function timedFetchBackend(kernel: KernelName): Backend {
  return timed(fetchBackend(kernel), kernel, startServer);
}

/** Apps are listeners of `node:http`. */
export function timedNodeInterfaceBackend(kernel: KernelName): Backend {
  return timed(nodeInterfaceBackend(kernel), kernel, (handler, settings, hooks) =>
    startApp(nodeApp(nodeServer(handler)), settings, hooks),
  );
}

function timed(backend: Backend, kernel: KernelName, start: Start): Backend {
  return {
    ...backend,
    name: `${backend.name}, in virtual time`,
    capabilities: new Set<Capability>([...backend.capabilities, 'virtual time']),
    open: (handler, options) => {
      const time = new VirtualTime(createKernel(kernel));
      return SocketSite.open(
        options,
        async ({ log, recordAccess, ...given }) => {
          const { settings } = await resolveSettings({ options: given });
          return start(handler, settings, { log, recordAccess, loop: time.loop });
        },
        time,
      );
    },
  };
}
