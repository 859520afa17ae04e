// `serve`: an app, settings, and a server that runs on an event loop attached to Node's. Used by `siskin serve` and by
// programs that embed the server.

import { type App, type Fetcher, type FetchHandler, fetchApp, installFetchGlobals } from '../app/index.ts';
import { type BindAddress, defaultSettings, type Settings } from '../config/index.ts';
import { type Address, formatAddress, type Kernel } from '../kernel/index.ts';
import { Loop } from '../loop/index.ts';
import { type Listener, listen } from '../net/index.ts';
import { type Co, spawn } from '../task/index.ts';
import { type AccessRecord, CONSOLE_LOGGER, type Logger } from './log.ts';
import { Server } from './server.ts';

export { type AccessRecord, CONSOLE_LOGGER, type Logger } from './log.ts';
export { Server } from './server.ts';

export interface ServeOptions extends Partial<Settings> {
  readonly log?: Logger;
  /** Told of every answered request. */
  readonly recordAccess?: (record: AccessRecord) => void;
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
 * Serves `handler` until `close`. Throws an error with a `code` (EADDRINUSE, ...) where it can't listen.
 *
 * @example
 * const server = await serve((request) => new Response('Hello!'), { bind: [{ family: 'inet', host: '127.0.0.1', port: 0 }] });
 * console.log(server.url);
 */
export async function serve(
  handler: FetchHandler | Fetcher,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const { log = CONSOLE_LOGGER, recordAccess, ...given } = options;
  const settings: Settings = { ...defaultSettings(), ...given };
  installFetchGlobals();
  const app: App = fetchApp(handler, {
    onError: (error) => log.error({ err: error }, 'waitUntil: the promise was rejected'),
  });
  const loop = new Loop(await createKernel(settings.kernel));
  loop.attach();
  try {
    const listeners = await spawn(loop, openListeners(settings), { name: 'listening' });
    const server = new Server({ loop, app, settings, log, recordAccess }, listeners);
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

/** All of them, or none: what was opened before one fails is closed. */
function* openListeners(settings: Settings): Co<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const bind of settings.bind as readonly BindAddress[]) {
      const { backlog, reusePort, unixMode } = settings;
      listeners.push(yield* listen(bind, { backlog, reusePort, mode: unixMode }));
    }
    return listeners;
  } catch (error) {
    for (const listener of listeners) listener.close();
    throw error;
  }
}

async function createKernel(choice: Settings['kernel']): Promise<Kernel> {
  if (choice !== 'node' && process.platform === 'linux') {
    const { createLinuxKernel } = await import('../kernel/linux/index.ts');
    return createLinuxKernel();
  }
  if (choice === 'linux') throw new Error(`the kernel 'linux' needs Linux; this is ${process.platform}`);
  const { createNodeKernel } = await import('../kernel/node/index.ts');
  return createNodeKernel();
}

/** An address as a URL that a browser on this machine can open. */
function urlOf(address: Address): string {
  if (address.family === 'unix') return formatAddress(address);
  const everywhere = address.host === '0.0.0.0' || address.host === '::';
  return `http://${everywhere ? `localhost:${address.port}` : formatAddress(address)}`;
}
