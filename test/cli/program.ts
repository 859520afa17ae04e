// What tests start of Siskin in processes of its own: as it is packed where `npm test` runs them (`scripts/test.ts`), which
// starts in two thirds of the time; the sources where Node runs a test file alone, or a test is about them.

import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const packed = process.env['PACKED_SISKIN'];

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
