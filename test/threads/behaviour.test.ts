// The server's behaviour, of apps behind a pool of threads: what holds without threads holds with them. The threads are in
// memory; real ones are in `processes.test.ts`.

import { fetchApp, installFetchGlobals } from '../../src/app/fetch/index.ts';
import { nodeApp } from '../../src/app/index.ts';
import { resolveSettings } from '../../src/config/index.ts';
import { startApp } from '../../src/server/index.ts';
import { Pool } from '../../src/threads/pool.ts';
import type { Door } from '../../src/threads/thread-side.ts';
import { threadsApp } from '../../src/threads/threads-app.ts';
import type { Backend, Capability } from '../server/behaviour/backend.ts';
import { nodeServer } from '../server/behaviour/node-interface.ts';
import { SocketSite } from '../server/behaviour/sockets.ts';
import { testServerBehaviour } from '../server/behaviour/suite.ts';
import { memoryThread } from './memory-thread.ts';

const SIZE = 40;
installFetchGlobals();

function threadsBackend(
  name: string,
  capabilities: readonly Capability[],
  doorOf: (handler: Parameters<Backend['open']>[0], onError: (error: unknown) => void) => Door,
): Backend {
  return {
    name,
    apart: true,
    capabilities: new Set<Capability>([
      ...capabilities,
      ...(process.platform === 'linux' ? (['late resets'] as const) : []),
    ]),
    ...(!capabilities.includes('fetch') && { staying: 'keep-alive' as const }),
    open: (handler, options) =>
      SocketSite.open(options, async ({ log, recordAccess, ...given }) => {
        const { settings } = await resolveSettings({ options: given });
        const pool = new Pool({
          size: SIZE,
          atOnce: SIZE,
          timeout: 1000,
          log,
          start: () =>
            memoryThread(
              doorOf(handler, (error) => log.error({ err: error }, 'waitUntil: the promise was rejected')),
            ),
          listen: () => Promise.reject(new Error('nobody listens here')),
          later: () => {},
        });
        const { leaves } = await pool.start();
        const server = await startApp(threadsApp(pool, 0, leaves), settings, { log, recordAccess }, () =>
          pool.settled(),
        );
        void server.closed.then(() => pool.close());
        return server;
      }),
  };
}

testServerBehaviour(
  threadsBackend('threads', ['fetch'], (handler, onError) => ({
    kind: 'fetch',
    app: fetchApp(handler, { onError }),
  })),
);
testServerBehaviour(
  threadsBackend('threads, through (req, res)', [], (handler) => ({
    kind: 'node',
    app: nodeApp(nodeServer(handler)),
  })),
);
