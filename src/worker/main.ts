// A worker's first file: the arbiter starts Node with it (`src/arbiter/launch.ts`).
//
// Signals that are meant for the arbiter reach workers, too, where a terminal sends them to everybody in it; what workers
// are to do, the arbiter tells them.

import process from 'node:process';
import type { Boot } from '../protocol/index.ts';
import { Parent } from './parent.ts';
import { serveApp } from './serve-app.ts';

const UNDERSTOOD_BY_THE_ARBITER = ['SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;
for (const signal of UNDERSTOOD_BY_THE_ARBITER) process.on(signal, () => {});
// At once: who sends it has no time. Node's own, whatever the app comes to find in its place (app-exit.ts).
const { exit } = process;
process.on('SIGQUIT', () => exit(0));

/** The types of Node lack it. */
interface Groups extends NodeJS.Process {
  initgroups(user: string, gid: number): void;
}

/** Becomes what the settings say, before any of the app runs. */
function assume({ identity, resolved: { settings }, specifier, slot }: Boot): void {
  if (settings.umask !== -1) process.umask(settings.umask);
  process.title = `${settings.procName || `siskin: ${specifier}`}: worker ${slot}`;
  if (identity === undefined) return;
  const { uid, gid, name } = identity;
  // setuid(2) leaves the groups of root.
  if (name === undefined) process.setgroups?.([gid]);
  else (process as Groups).initgroups(name, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

const parent = new Parent();
const boot = parent.boot();
assume(boot);
await serveApp(boot, parent);
