// The test files that share one process, one after another: they load the same sources, and nothing that they do can be
// seen outside of a test. `npm test` runs this file in their place; each of them runs by itself as well.

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
