// `siskin serve APP`: settings, and then an arbiter with workers, or the app in this process. Called by `command.ts`.

import process from 'node:process';
import { ConfigError, type ResolvedSettings, resolveSettings } from '../config/index.ts';

/** Serves the app that `specifier` names until a signal, and exits with the status that says how it went. */
export async function serveCommand(
  specifier: string,
  flags: Readonly<Record<string, unknown>>,
  rest: readonly string[] = [],
): Promise<void> {
  const readSettings = (): Promise<ResolvedSettings> => resolveSettings({ flags, env: process.env });
  const resolved = await readSettings().catch(refuse);
  const { arbiter, kernel } = resolved.settings;
  // A parent needs sockets that it can hand down, and those of Node it can't.
  if (arbiter && kernel !== 'node' && process.platform === 'linux') {
    const { runArbiter } = await import('../arbiter/index.ts');
    process.exit(await runArbiter({ specifier, rest, resolved, readSettings }));
  }
  const { serveApp } = await import('../worker/index.ts');
  await serveApp(specifier, rest, resolved);
}

function refuse(error: unknown): never {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`siskin: ${error.message}\n`);
  process.exit(error.exitCode);
}
