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
    String.raw`\bas\s+default\b`,
    String.raw`(?:^|[;}])\s*export\s+(?:(?:async\s+)?function\b[\s*]*|const\s+|let\s+)fetch\b`,
    String.raw`(?:^|[;}])\s*export\s*\{[^}]*\bfetch\b`,
    String.raw`^(?!\s*(?:\/\/|\*)).*\b(?:module\.exports|exports\.(?:default|fetch))\s*=(?!=)`,
    String.raw`\bdefineProperty\(exports,\s*['"]default\b`,
  ].join('|'),
  'm',
);
const GUARD = /\b(?:require\.main|import\.meta\.main)\b/;

/** By its text: nobody knows what it exports before it has run. */
export function hasDefaultExport(text: string): boolean {
  return DEFAULT_EXPORT.test(text);
}

/** It does something else where it is the main module. */
export function asksForMain(text: string): boolean {
  return GUARD.test(text);
}

/**
 * From here on `file`, absolute and without symbolic links, is the main module, or where it is not, at least CommonJS finds in
 * `require.main` where that lies: many look for the root of an app there. Call what is returned when it has loaded.
 */
export function presentAsMain(file: string, isMain: boolean): () => void {
  const { cache } = createRequire(import.meta.url);
  let likeness: NodeJS.Module | undefined;
  // Node makes `require.main` of it, for each module anew. There is none where the file is no CommonJS.
  Object.defineProperty(process, 'mainModule', {
    configurable: true,
    enumerable: true,
    get: () => {
      const module = cache[file];
      if (isMain || module === undefined) return module;
      likeness ??= Object.create(module) as NodeJS.Module;
      return likeness;
    },
  });
  const hooks = isMain ? sayMain(pathToFileURL(file).href) : undefined;
  return () => hooks?.deregister();
}

/** Only Node itself can set it before the module runs; so the module does, in its first line. */
function sayMain(target: string): { deregister(): void } {
  return registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const { format, source } = loaded;
      if (url !== target || source === undefined || source === null) return loaded;
      if (format !== 'module' && format !== 'module-typescript') return loaded;
      const text = typeof source === 'string' ? source : new TextDecoder().decode(source);
      if (!GUARD.test(text)) return loaded;
      const start = text.startsWith('#!') ? text.indexOf('\n') + 1 : 0;
      return { ...loaded, source: `${text.slice(0, start)}import.meta.main=true;${text.slice(start)}` };
    },
  });
}
