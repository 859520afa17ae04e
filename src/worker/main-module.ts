// Whether the file that is served finds itself as the main module, as if Node had been started with it: `require.main ===
// module`, `import.meta.main`. A program does. A file that has a default export does not: what such a file does as the main
// module is to listen by itself, and it is the export that is served. Called by `load-app.ts`, before the file is imported.

import { createRequire, registerHooks } from 'node:module';
import process from 'node:process';
import { pathToFileURL } from 'node:url';

/** In the two kinds of modules, outside of comments. A module that exports `fetch` is an app itself. */
const DEFAULT_EXPORT = new RegExp(
  [
    String.raw`(?:^|[;}])\s*export\s+default\b`,
    String.raw`(?:^|[;}])\s*export\s*\{[^}]*\bas\s+default\b`,
    String.raw`(?:^|[;}])\s*export\s+(?:(?:async\s+)?function\b[\s*]*|const\s+|let\s+)fetch\b`,
    String.raw`(?:^|[;}])\s*export\s*\{[^}]*\bfetch\b`,
    String.raw`^(?!\s*(?:\/\/|\*)).*\b(?:module\.exports|exports\.(?:default|fetch))\s*=(?!=)`,
    String.raw`\bdefineProperty\(exports,\s*['"]default\b`,
  ].join('|'),
  'm',
);
const META = 'import.meta.main';

/** By its text: nobody knows what it exports before it has run. */
export function hasDefaultExport(text: string): boolean {
  return DEFAULT_EXPORT.test(text);
}

/** It does something else where it is the main module. */
export function asksForMain(text: string): boolean {
  return text.includes('require.main') || text.includes(META);
}

/**
 * From here on `file`, absolute and without symbolic links, is the main module; `text` is what is in it. Where it is not to be
 * that, CommonJS finds in `require.main` at least where it lies: many look for the root of an app there. Call what is returned
 * when it has loaded.
 */
export function presentAsMain(file: string, text: string, isMain: boolean): () => void {
  const { cache } = createRequire(import.meta.url);
  let likeness: NodeJS.Module | undefined;
  const set = (value: unknown): void => {
    Object.defineProperty(process, 'mainModule', { ...OWN, value, writable: true });
  };
  // Node makes `require.main` of it, for each module anew. There is none where the file is no CommonJS.
  const get = (): NodeJS.Module | undefined => {
    const module = cache[file];
    if (isMain || module === undefined) return module;
    likeness ??= Object.create(module) as NodeJS.Module;
    return likeness;
  };
  Object.defineProperty(process, 'mainModule', { ...OWN, get, set });
  const hooks = isMain && text.includes(META) ? sayMain(pathToFileURL(file).href) : undefined;
  return () => hooks?.deregister();
}

const OWN = { configurable: true, enumerable: true };

/** Only Node itself can set it before the module runs; so the module does, in its first line. */
function sayMain(target: string): { deregister(): void } {
  return registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const { format, source } = loaded;
      if (url !== target || source === undefined || source === null) return loaded;
      if (format !== 'module' && format !== 'module-typescript') return loaded;
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
      const start = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
      return { ...loaded, source: `${text.slice(0, start)}${META}=true;${text.slice(start)}` };
    },
  });
}
