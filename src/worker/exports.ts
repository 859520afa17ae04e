// What a module exports, in words, for somebody whose app was not found in it. Called by `load-app.ts`.

import { nearest, type Settings } from '../config/index.ts';
import { APP_SHAPES, isClass, shapeOf, whyNot } from './app-shapes.ts';

export type Exports = Readonly<Record<string, unknown>>;

/** What is wrong, what is there, and what is expected. */
export function describeExports(
  module: Exports,
  path: string,
  exportName: string | undefined,
  wanted: Exclude<Settings['interface'], 'program'>,
): string {
  const names = Object.keys(module).filter((name) => name !== 'module.exports');
  const lines = [whatIsWrong(module, path, exportName, wanted)];
  const usable = names.find((name) => name !== 'default' && shapeOf(module[name], wanted) !== undefined);
  const meant =
    exportName === undefined
      ? usable
      : nearest(
          exportName,
          names.filter((name) => name !== exportName),
        );
  if (meant !== undefined) lines.push(`  Did you mean ${path}:${meant}?`);
  const list = names.map((name) => `${name} (${describeType(module[name])})`).join(', ');
  lines.push(`  It exports ${list === '' ? 'nothing' : list}.`);
  if (exportName === undefined) lines.push('  No server in it listens either.');
  lines.push('  An app is');
  for (const { description } of APP_SHAPES) if (description !== undefined) lines.push(`    ${description}`);
  return lines.join('\n');
}

function whatIsWrong(
  module: Exports,
  path: string,
  exportName: string | undefined,
  wanted: 'auto' | 'fetch' | 'node',
): string {
  const name = exportName ?? 'default';
  if (!Object.hasOwn(module, name)) {
    return exportName === undefined ? `${path} has no default export` : `${path} has no export ${exportName}`;
  }
  const value = module[name];
  const what = exportName === undefined ? 'the default export' : `the export ${exportName}`;
  const other = wanted === 'auto' ? undefined : shapeOf(value, 'auto');
  if (other !== undefined) {
    return `${what} of ${path} is no ${wanted} app: it looks like one for --interface ${other.interface === 'fetch' ? 'fetch' : 'node'} (${other.name})`;
  }
  if (typeof value === 'function' && !isClass(value) && whyNot(value) === undefined) {
    return `${what} of ${path} is a function that returned nothing`;
  }
  const hint = whyNot(value);
  return `${what} of ${path} is ${describeType(value)}, not an app${hint === undefined ? '' : `: ${hint}`}`;
}

export function describeType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isClass(value)) return 'a class';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
