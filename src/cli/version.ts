// The version of this package.

import { readFileSync } from 'node:fs';

/** Of the package that this file is in: the same path from `src/cli` and from `dist/cli`. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
