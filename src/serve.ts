// `serve`, for programs that embed the server: the settings of the command line as options, checked as those are.

import type { Fetcher, FetchHandler } from './app/index.ts';
import { resolveSettings, type ServerSettingKey, type Settings } from './config/index.ts';
import { type RunningServer, type ServerHooks, startServer } from './server/index.ts';

/** Any setting, as a value of the right type or as the text that its flag takes, e.g. `keepAliveTimeout: '60s'`. */
export type ServeOptions = ServerHooks & {
  readonly [Key in ServerSettingKey]?: Settings[Key] | string | readonly string[];
};

/**
 * Serves `handler` until its `close()` is called. Settings that are not given have their defaults; the environment is not
 * looked at. Throws `ConfigError` for options that make no sense, and an error with a `code` such as EADDRINUSE where it
 * can't listen.
 *
 * `Request`, `Response` and `Headers` become light ones that pass for the platform's, in the whole process.
 *
 * @example
 * const server = await serve(() => new Response('Hello!'), { bind: '127.0.0.1:3000' });
 * console.log(server.url);
 * await server.close();
 */
export async function serve(
  handler: FetchHandler | Fetcher,
  options: ServeOptions = {},
): Promise<RunningServer> {
  const { log, recordAccess, ...given } = options;
  const { settings } = await resolveSettings({ options: given });
  return startServer(handler, settings, { ...(log && { log }), ...(recordAccess && { recordAccess }) });
}
