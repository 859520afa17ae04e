// A worker's first file: the arbiter starts Node with it (`src/arbiter/launch.ts`).
//
// Signals that are meant for the arbiter reach workers, too, where a terminal sends them to everybody in it; what workers
// are to do, the arbiter tells them.

import process from 'node:process';
import { Parent } from './parent.ts';
import { serveApp } from './serve-app.ts';

const UNDERSTOOD_BY_THE_ARBITER = ['SIGINT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;
for (const signal of UNDERSTOOD_BY_THE_ARBITER) process.on(signal, () => {});
// At once: who sends it has no time.
process.on('SIGQUIT', () => process.exit(0));

const parent = new Parent();
const { specifier, rest, resolved } = parent.boot();
await serveApp(specifier, rest, resolved, parent);
