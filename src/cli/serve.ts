// `siskin serve APP`. Called by `command.ts`.

import process from 'node:process';
import { resolveSettings } from '../config/index.ts';
import { serveApp } from '../worker/index.ts';

/** Serves the app that `specifier` names until a signal, and exits with the status that says how it went. */
export async function serveCommand(
  specifier: string,
  flags: Readonly<Record<string, unknown>>,
  rest: readonly string[] = [],
): Promise<void> {
  await serveApp(specifier, rest, () => resolveSettings({ flags, env: process.env }));
}
