// `startServer`: an app, settings, and a server on an event loop attached to Node's. Called by `siskin serve`, and by
// `serve` (../serve.ts) for programs that embed the server.

import { type App, type Fetcher, type FetchHandler, fetchInterface } from '../app/index.ts';
import type { BindAddress, Settings } from '../config/index.ts';
import { type Address, createKernel, formatAddress, type ListenOptions } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';
import { type Listener, listen } from '../net/index.ts';
import { type Co, spawn } from '../task/index.ts';
import type { Trace } from './context.ts';
import { type AccessRecord, CONSOLE_LOGGER, type Logger } from './log.ts';
import { Server } from './server.ts';

export type { Trace } from './context.ts';
export { type AccessRecord, CONSOLE_LOGGER, type Logger } from './log.ts';
export { Server } from './server.ts';

/** Where to listen instead of at `target`: at a socket that is open already, as a rule. Throws `SystemError`. */
export type Claim = (target: BindAddress, options: ListenOptions) => BindAddress;

export interface ServerHooks {
  /** Default: warnings and errors to standard error. */
  readonly log?: Logger;
  /** Told of every answered request. */
  readonly recordAccess?: (record: AccessRecord) => void;
  readonly claim?: Claim | undefined;
  readonly trace?: Trace | undefined;
  /** Where it runs, until it is closed. Default: a loop of its own, attached to Node's. */
  readonly loop?: Loop;
}

export interface RunningServer {
  /** Where it listens; a port that was asked for as 0 is the one that was given. */
  readonly addresses: readonly Address[];
  /** Of the first address, for a person to open. */
  readonly url: string;
  /** `linux` or `node`: see the setting. */
  readonly kernel: string;
  /** Stops gracefully; resolves when everything is closed. */
  close(reason?: string): Promise<void>;
  /** Resolves when everything is closed, whoever asked for it. */
  readonly closed: Promise<void>;
  statistics(): ReturnType<Server['statistics']>;
}

/**
 * Serves `handler` until `close`. Throws an error with a `code` (EADDRINUSE, ...) where it can't listen. `settings` are
 * complete and checked: see `resolveSettings`.
 */
export async function startServer(
  handler: FetchHandler | Fetcher,
  settings: Settings,
  hooks: ServerHooks = {},
): Promise<RunningServer> {
  const { log = CONSOLE_LOGGER } = hooks;
  const { fetchApp, installFetchGlobals } = await fetchInterface();
  installFetchGlobals();
  const app = fetchApp(handler, {
    onError: (error) => log.error({ err: error }, 'waitUntil: the promise was rejected'),
  });
  return startApp(app, settings, hooks, () => app.settled());
}

/** As {@link startServer}, for any app. `settled`: what a stop waits for beyond its answers. */
export async function startApp(
  app: App,
  settings: Settings,
  { log = CONSOLE_LOGGER, recordAccess, claim, trace, loop = attachedLoop(settings) }: ServerHooks = {},
  settled?: () => Promise<void>,
): Promise<RunningServer> {
  try {
    const listeners = await spawn(loop, openListeners(settings, claim), { name: 'listening' });
    const server = new Server(
      { loop, app, settings, log, recordAccess, trace, ...(settled && { settled }) },
      listeners,
    );
    const closed = server.closed.then(() => loop.close());
    return {
      addresses: server.addresses,
      url: urlOf(server.addresses[0]!),
      kernel: loop.kernel.name,
      close: async () => {
        await server.close();
        await closed;
      },
      closed,
      statistics: () => server.statistics(),
    };
  } catch (error) {
    loop.close();
    throw error;
  }
}

function attachedLoop({ kernel }: Settings): Loop {
  const loop = new Loop(createKernel(kernel));
  loop.attach();
  return loop;
}

/** All of them, or none: what was opened before one fails is closed. */
function* openListeners(settings: Settings, claim: Claim | undefined): Co<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const bind of settings.bind) {
      const { backlog, reusePort, unixMode } = settings;
      const options = { backlog, reusePort, mode: unixMode };
      listeners.push(yield* listen(claim?.(bind, options) ?? bind, options));
    }
    return listeners;
  } catch (error) {
    for (const listener of listeners) listener.close();
    throw error;
  }
}

/** An address as a URL that a browser on this machine can open. */
export function urlOf(address: Address): string {
  if (address.family === 'unix') return formatAddress(address);
  const everywhere = address.host === '0.0.0.0' || address.host === '::';
  return `http://${everywhere ? `localhost:${address.port}` : formatAddress(address)}`;
}
