// The first file of a process that loads the configuration and runs the hooks that are the arbiter's: what people write
// there may be slow, may leak and may fail, and must do no harm to the one process that has to last. A reload starts a new one,
// so everything that the file imports is fresh.

import process from 'node:process';
import { inspect } from 'node:util';
import type { Configuration, HookCall, HookDone, Loaded } from '../protocol/index.ts';
import { ConfigurationError, loadConfigurationFile } from './configuration-file.ts';

// A terminal sends these to everybody in it; this process ends with the arbiter.
for (const signal of ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const)
  process.on(signal, () => {});
process.once('disconnect', () => process.exit(0));

function tell(message: Loaded | HookDone): void {
  process.send?.(message, undefined, undefined, () => {});
}

function serveHooks(hooks: Configuration): void {
  process.on('message', ({ id, name, info }: HookCall) => {
    void (async () => {
      try {
        const result = await hooks[name]?.(info as never);
        tell({ type: 'done', id, ...(result && { result }) });
      } catch (error) {
        tell({ type: 'done', id, error: inspect(error) });
      }
    })();
  });
}

try {
  const { values, app, env, hooks } = await loadConfigurationFile(process.argv[2]!);
  serveHooks(hooks);
  tell({ type: 'loaded', values, ...(app !== undefined && { app }), env, hooks: Object.keys(hooks) });
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  tell({ type: 'failed', message: error.message });
}
