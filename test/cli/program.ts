// What tests start of Siskin in processes of its own: as it is packed where `npm test` runs them (`scripts/test.ts`), which
// starts in two thirds of the time; the sources where Node runs a test file alone, or a test is about them.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const packed = process.env['PACKED_SISKIN'];

/** Makes the package installed in `folder`: a link to it. */
export function installIn(folder: string): void {
  const installed = join(folder, 'node_modules/siskin');
  if (packed !== undefined) {
    mkdirSync(dirname(installed), { recursive: true });
    symlinkSync(dirname(packed), installed);
    return;
  }
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(installed, 'package.json'), '{ "type": "module", "exports": "./src/index.ts" }');
  symlinkSync(fileURLToPath(new URL('../../src', import.meta.url)), join(installed, 'src'));
}

/** Where `import` finds what the package offers of a layer. */
export function moduleOf(layer: string): string {
  return packed === undefined
    ? new URL(`../../src/${layer}/index.ts`, import.meta.url).href
    : pathToFileURL(join(packed, layer, 'index.js')).href;
}

/** The command `siskin`. */
export const MAIN =
  packed === undefined
    ? fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
    : join(packed, 'cli/main.js');

/** `siskin/register` and `siskin/green`, for `node --import`. */
export const REGISTER = preload('register');
export const GREEN = preload('green');

function preload(name: string): string {
  return packed === undefined
    ? new URL(`../../src/cli/${name}.ts`, import.meta.url).href
    : pathToFileURL(join(packed, `cli/${name}.js`)).href;
}
