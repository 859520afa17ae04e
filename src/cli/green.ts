// `siskin/green`, both ways: what an app imports of it, and `node --import siskin/green app.ts`, which serves the app by our
// engine, as `siskin/register` does, and makes it green.

import { realpathSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { refuseOldNode } from './old-node.ts';

export * from '../green/api.ts';

/** Node was started with this module, by its name or by its path, so it comes before everything else. */
function isPreloaded(): boolean {
  const options = `${process.env['NODE_OPTIONS'] ?? ''} ${process.execArgv.join(' ')}`;
  const base = pathToFileURL(`${process.cwd()}/`);
  return [...options.matchAll(/--import[= ](\S+)/g)].some(([, specifier]) => {
    if (specifier === 'siskin/green') return true;
    return URL.canParse(specifier!, base) && realUrl(new URL(specifier!, base)) === import.meta.url;
  });
}

/** As Node has it: links are followed. */
function realUrl({ href }: URL): string {
  try {
    return pathToFileURL(realpathSync(fileURLToPath(href))).href;
  } catch {
    // Another scheme, or no such file.
    return href;
  }
}

if (isPreloaded()) {
  refuseOldNode();
  await import('./register-green.ts');
}
