// The test files that share one process, one after another: they load the same sources, and none leaves anything behind
// that another one sees. (Those of `security` put our `Request` and `Response` in the place of the platform's, so no
// folder belongs here whose tests tell the two apart.) `npm test` runs this file in their place; each of them runs by
// itself as well.

import { globSync } from 'node:fs';

/** Folders of `test`, with all that is in them. */
export const FOLDERS: readonly string[] = [
  'config',
  'http',
  'kernel/sim',
  'log',
  'loop',
  'net',
  'security',
  'task',
];

if (import.meta.main) {
  for (const folder of FOLDERS) {
    const files = globSync(`${folder}/**/*.test.ts`, { cwd: import.meta.dirname });
    for (const file of files.sort()) await import(`./${file}`);
  }
}
