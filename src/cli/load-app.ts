// From `app.ts` or `app.ts:admin` to the app that the file exports. Called by `serve.ts`. A file that can't be found,
// read or used ends the command with status 3; the messages say what is there instead.

import { type Dirent, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nearest } from '../config/index.ts';
import { APP_SHAPES, type AppShape, isClass, type ServableApp } from './app-shapes.ts';
import { describeLoadFailure } from './load-failure.ts';

/** An app that is ready to be served. */
export interface LoadedApp {
  readonly app: ServableApp;
  readonly shape: AppShape;
  /** Absolute. */
  readonly file: string;
  readonly exportName: string;
}

/** The app can't be had. The message is for people, several lines long. */
export class AppLoadError extends Error {
  override readonly name = 'AppLoadError';
  readonly code = 'ERR_SISKIN_APP';
  readonly exitCode = 3;
}

/** What Node imports as it is. */
const EXTENSIONS = ['.ts', '.js', '.mts', '.mjs', '.cts', '.cjs'];

/**
 * Imports the file and finds the app in it: the export that is named, else the default export, else the module
 * itself where it exports `fetch`. Relative to `directory`. Throws {@link AppLoadError}.
 *
 * @example await loadApp('app.ts:admin', process.cwd())
 */
export async function loadApp(specifier: string, directory: string): Promise<LoadedApp> {
  const { path, exportName } = parseSpecifier(specifier, directory);
  const file = resolve(directory, path);
  requireFile(file, path, directory);
  let module: Readonly<Record<string, unknown>>;
  let found: Found | undefined;
  try {
    module = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    found = await findApp(module, exportName);
  } catch (error) {
    throw new AppLoadError(`${path} did not load\n${describeLoadFailure(error, file, directory)}`, {
      cause: error,
    });
  }
  if (found === undefined) throw new AppLoadError(describeExports(module, path, exportName));
  return { ...found, file };
}

/** A colon is part of a file's name where such a file exists. */
function parseSpecifier(
  specifier: string,
  directory: string,
): { path: string; exportName: string | undefined } {
  const match = /^(.+):([\p{ID_Start}$_][\p{ID_Continue}$]*)$/u.exec(specifier);
  if (match === null || kindOf(resolve(directory, specifier)) === 'file')
    return { path: specifier, exportName: undefined };
  return { path: match[1]!, exportName: match[2]! };
}

function kindOf(file: string): 'file' | 'directory' | 'missing' {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return 'missing';
  return stat.isDirectory() ? 'directory' : 'file';
}

function requireFile(file: string, path: string, directory: string): void {
  const kind = kindOf(file);
  if (kind === 'file') {
    if (EXTENSIONS.includes(extname(file))) return;
    throw new AppLoadError(
      `${path} is not a program that Node imports\n  expected a file that ends in ${EXTENSIONS.join(', ')}`,
    );
  }
  if (kind === 'directory') {
    const programs = programsIn(file);
    const hint =
      programs.length === 0
        ? 'there is none in it'
        : `perhaps ${relative(directory, resolve(file, programs[0]!))}`;
    throw new AppLoadError(`${path} is a directory\n  Name the file that exports the app: ${hint}.`);
  }
  const meant = similarFile(file);
  const suggestion = meant === undefined ? '' : `\n  Did you mean ${relative(directory, meant)}?`;
  throw new AppLoadError(`there is no file ${path} in ${directory}${suggestion}`);
}

/** The file that was probably meant: the name with an extension, another extension, or without its typing mistake. */
export function similarFile(file: string): string | undefined {
  const programs = programsIn(dirname(file));
  const name = basename(file);
  const stem = name.slice(0, name.length - extname(name).length);
  const sameStem = EXTENSIONS.flatMap((extension) => [name + extension, stem + extension]).find((candidate) =>
    programs.includes(candidate),
  );
  const meant = sameStem ?? nearest(name, programs);
  return meant === undefined ? undefined : resolve(dirname(file), meant);
}

/** Names of the programs in a directory, the likely entry points first. */
function programsIn(directory: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
  const rank = (name: string): number => {
    const place = ['app', 'server', 'index', 'main'].indexOf(name.slice(0, name.lastIndexOf('.')));
    return place === -1 ? 9 : place;
  };
  return entries
    .filter(
      (entry) => entry.isFile() && EXTENSIONS.includes(extname(entry.name)) && !entry.name.endsWith('.d.ts'),
    )
    .map((entry) => entry.name)
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
}

type Found = { readonly app: ServableApp; readonly shape: AppShape; readonly exportName: string };

async function findApp(
  module: Readonly<Record<string, unknown>>,
  exportName: string | undefined,
): Promise<Found | undefined> {
  for (const [name, candidate] of candidates(module, exportName)) {
    const app: unknown = await candidate;
    for (const shape of APP_SHAPES) if (shape.matches(app)) return { app, shape, exportName: name };
  }
  return undefined;
}

/** The second row is CommonJS compiled from a module: its `exports.default` arrives inside the default export. */
function* candidates(
  module: Readonly<Record<string, unknown>>,
  exportName: string | undefined,
): Generator<readonly [string, unknown]> {
  if (exportName !== undefined) {
    if (Object.hasOwn(module, exportName)) yield [exportName, module[exportName]];
    return;
  }
  const main = module['default'];
  if (typeof main === 'object' && main !== null && '__esModule' in main && 'default' in main)
    yield ['default', main.default];
  yield ['default', main];
  if (typeof module['fetch'] === 'function') yield ['fetch', module];
}

function describeExports(
  module: Readonly<Record<string, unknown>>,
  path: string,
  exportName: string | undefined,
): string {
  const names = Object.keys(module).filter((name) => name !== 'module.exports');
  const lines = [whatIsWrong(module, path, exportName)];
  const usable = names.find(
    (name) => name !== 'default' && APP_SHAPES.some((shape) => shape.matches(module[name])),
  );
  const meant =
    exportName === undefined
      ? usable
      : nearest(
          exportName,
          names.filter((name) => name !== exportName),
        );
  if (meant !== undefined) lines.push(`  Did you mean ${path}:${meant}?`);
  const list = names.map((name) => `${name} (${describeType(module[name])})`).join(', ');
  lines.push(`  It exports ${list === '' ? 'nothing' : list}.`, '  An app is');
  for (const shape of APP_SHAPES) lines.push(`    ${shape.description}`);
  return lines.join('\n');
}

function whatIsWrong(
  module: Readonly<Record<string, unknown>>,
  path: string,
  exportName: string | undefined,
): string {
  const name = exportName ?? 'default';
  if (!Object.hasOwn(module, name)) {
    return exportName === undefined ? `${path} has no default export` : `${path} has no export ${exportName}`;
  }
  const what = exportName === undefined ? 'the default export' : `the export ${exportName}`;
  const hint = isClass(module[name]) ? ': export an instance of it' : '';
  return `${what} of ${path} is ${describeType(module[name])}, not an app${hint}`;
}

function describeType(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (isClass(value)) return 'a class';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return `a ${typeof value}`;
}
