// Makes modules green as Node loads them: sources that the selection chooses pass through `transform` on their way. Both
// `import` and `require` come by here.

import { readFileSync } from 'node:fs';
import { type LoadFnOutput, type ModuleSource, registerHooks } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cache } from './cache.ts';
import type { Selection } from './selection.ts';
import { GreenSyntaxError, type TransformOptions, transform } from './transform/index.ts';
import { withoutTypes } from './types.ts';

export interface LoaderOptions {
  readonly selection: Selection;
  readonly cache: Cache;
  /** Told of a module that runs as it is, because it could not be parsed. */
  readonly onRefused: (message: string) => void;
}

/** `unknown`: Node will find out when it compiles it. */
export type Format = 'module' | 'commonjs' | 'unknown';

/** From now on, what is loaded is made green. Returns the undo. */
export function installLoader(options: LoaderOptions): () => void {
  const hooks = registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      return makeGreen(url, loaded, options) ?? loaded;
    },
  });
  return () => hooks.deregister();
}

/** The module as it is to run; `undefined`: as it is. */
function makeGreen(
  url: string,
  loaded: LoadFnOutput,
  { selection, cache, onRefused }: LoaderOptions,
): LoadFnOutput | undefined {
  const format = formatOf(url, loaded.format);
  if (format === undefined) return undefined;
  const chosen = selection.choose(url);
  if (chosen === undefined) return undefined;
  const source = textOf(url, loaded.source);
  const { files: _, ...known } = chosen;
  try {
    const made = cache.get([url, source, format, JSON.stringify(known)], () => {
      const javascript = isTypeScript(url, loaded.format) ? withoutTypes(source) : source;
      return transformed(javascript, format, { url, ...known }) ?? '';
    });
    if (made === '') return undefined;
    return {
      ...loaded,
      format: format === 'unknown' ? loaded.format : format,
      source: made,
      shortCircuit: true,
    };
  } catch (error) {
    if (!(error instanceof GreenSyntaxError)) throw error;
    onRefused(`${selection.shown(url)} runs as it is, and blocks where it waits: ${error.message}`);
    return undefined;
  }
}

function transformed(
  source: string,
  format: Format,
  options: Omit<TransformOptions, 'format'>,
): string | undefined {
  if (format === 'unknown') {
    // What Node does itself: CommonJS, unless that can't be parsed.
    try {
      return transformed(source, 'commonjs', options);
    } catch {
      return transformed(source, 'module', options);
    }
  }
  const result = transform(source, { ...options, format });
  if (result === undefined) return undefined;
  const map = Buffer.from(JSON.stringify(result.map)).toString('base64');
  return `${result.code}\n//# sourceMappingURL=data:application/json;base64,${map}\n`;
}

export function formatOf(url: string, given: string | null | undefined): Format | undefined {
  if (given == null) return /\.[cm]?[jt]s$/.test(extname(new URL(url).pathname)) ? 'unknown' : undefined;
  if (given.startsWith('module')) return 'module';
  return given.startsWith('commonjs') ? 'commonjs' : undefined;
}

export function isTypeScript(url: string, format: string | null | undefined): boolean {
  return format?.endsWith('-typescript') ?? /\.[cm]?ts$/.test(new URL(url).pathname);
}

/** A module that is imported comes as bytes, one that is required as text, and some not at all. */
function textOf(url: string, source: ModuleSource | undefined | null): string {
  if (typeof source === 'string') return source;
  return source == null ? readFileSync(fileURLToPath(url), 'utf8') : new TextDecoder().decode(source);
}
