// What a worker of `siskin dev` does beyond the rest: it says which files it loads, and where the app does not load it serves a page
// that says why. One of `siskin green check` says what it loads, too.

import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Where our own sources are. */
const OURS = new URL('..', import.meta.url).href;

/** Tells of every file that is loaded from now on, but for packages and what is ours. */
export function reportLoads(tell: (file: string) => void): void {
  registerHooks({
    load(url, context, next) {
      if (url.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(OURS)) {
        const file = fileURLToPath(url.replace(/[?#].*$/, ''));
        // Before it is read: a mistake in it is no reason not to notice when it is put right.
        tell(file);
      }
      return next(url, context);
    },
  });
}

/** Tells of every file that has been loaded from now on, of packages too, and what Node takes it for. */
export function reportModules(tell: (file: string, format: string | undefined) => void): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (url.startsWith('file:') && !url.startsWith(OURS))
        tell(fileURLToPath(url.replace(/[?#].*$/, '')), loaded.format ?? undefined);
      return loaded;
    },
  });
}

/** Answers everything with `message`. The page asks again by itself, and is the app's as soon as there is one. */
export function failurePage(message: string): () => Response {
  const page = `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="1">
<title>The app did not load</title>
<style>
  body { margin: 3rem auto; max-width: 60rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif; color-scheme: light dark; }
  pre { padding: 1rem; overflow: auto; border-left: 4px solid #d33; background: #8881; font: 0.9rem/1.5 ui-monospace, monospace; }
</style>
<h1>The app did not load</h1>
<pre>${escapeHtml(message)}</pre>
<p>This page goes away when a file of the app is saved that puts it right.</p>
`;
  return () =>
    new Response(page, {
      status: 500,
      headers: { 'Content-Type': 'text/html; charset=utf-8', 'Cache-Control': 'no-store' },
    });
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>]/g, (character) => ({ '&': '&amp;', '<': '&lt;' })[character] ?? '&gt;');
}
