// `defineConfig`, for `siskin.config.ts`: an editor then knows what can be set.

import type { Configuration } from './protocol/index.ts';

/**
 * Returns what it is given: a configuration, or a function that makes one.
 *
 * @example
 * // siskin.config.ts
 * import { defineConfig } from 'siskin';
 *
 * export default defineConfig({
 *   app: 'app.ts',
 *   workers: 'auto',
 *   keepAliveTimeout: '65s',
 *   childExit: ({ pid, signal }) => console.log(`worker ${pid} has ended`, signal),
 * });
 */
export function defineConfig<C extends Configuration | (() => Configuration | Promise<Configuration>)>(
  configuration: C,
): C {
  return configuration;
}
