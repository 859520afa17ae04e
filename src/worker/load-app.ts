// From `app.ts` or `app.ts:admin` to the app that the file exports. Called by `serve-app.ts`. A file that can't be found,
// read or used ends the command with status 3; the messages say what is there instead.

import { type Dirent, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, extname, relative, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { nearest, type Settings } from '../config/index.ts';
import { type AppShape, type Servable, shapeOf } from './app-shapes.ts';
import { describeExports, describeType, type Exports } from './exports.ts';
import { describeLoadFailure } from './load-failure.ts';
import { asksForMain, hasDefaultExport, presentAsMain } from './main-module.ts';
import { ignoresRequest } from './signature.ts';

/** An app that is ready to be served. */
export interface LoadedApp {
  readonly kind: 'app';
  readonly servable: Servable;
  readonly shape: AppShape;
  /** Absolute. */
  readonly file: string;
  readonly exportName: string;
  /** What the file exports under that name. */
  readonly ready: (() => unknown) | undefined;
}

/** A file that serves itself, or may be about to. */
export interface LoadedProgram {
  readonly kind: 'program';
  readonly file: string;
  /** It listens, and exports an app too. */
  readonly exportsApp: boolean;
  /** What is wrong with it if it never listens. */
  readonly complaint: string;
  readonly ready: (() => unknown) | undefined;
}

export interface LoadOptions {
  readonly interface?: Settings['interface'];
  /** Whether the program has begun to listen by itself. */
  readonly listens?: () => boolean;
}

/** The app can't be had. The message is for people, several lines long. */
export class AppLoadError extends Error {
  override readonly name = 'AppLoadError';
  readonly code = 'ERR_SISKIN_APP';
  readonly exitCode = 3;
}

/** What Node imports as it is. */
const EXTENSIONS = ['.ts', '.js', '.mts', '.mjs', '.cts', '.cjs'];

/** Turns of the event loop in which a program that is loaded may go on to listen. */
const TURNS = 3;

const MAIN_HINT = '\n  It does more where it is the main module: to run it as that, --interface program';

/**
 * Imports the file and finds the app in it: the export that is named, else the default export, else the module
 * itself where it exports `fetch`. Relative to `directory`. Throws {@link AppLoadError} where it does not load, or has no
 * export of that name.
 *
 * @example await loadApp('app.ts:admin', process.cwd())
 */
export async function loadApp(
  specifier: string,
  directory: string,
  { interface: wanted = 'auto', listens = () => false }: LoadOptions = {},
): Promise<LoadedApp | LoadedProgram> {
  const { path, exportName } = parseSpecifier(specifier, directory);
  const file = resolve(directory, path);
  requireFile(file, path, directory);
  let module: Exports;
  let found: Found | undefined;
  // Who names an export, or its kind, means that one, whatever else listens.
  const free = exportName === undefined && wanted === 'auto';
  const text = textOf(file);
  const isMain = wanted === 'program' || (free && !hasDefaultExport(text));
  const onLoaded = presentAsMain(realpathSync(file), text, isMain);
  try {
    module = (await import(pathToFileURL(file).href)) as Exports;
    // Awaited below: a promise among them that is rejected meanwhile is not nobody's.
    for (const [, value] of candidates(module, exportName)) {
      if (value instanceof Promise) value.catch(() => {});
    }
    for (let turn = 0; turn < TURNS; turn++) await setImmediate();
    if (wanted !== 'program' && !(free && listens())) found = await findApp(module, exportName, wanted);
  } catch (error) {
    if (error instanceof AppLoadError) throw error;
    throw new AppLoadError(`${path} did not load\n${describeLoadFailure(error, file, directory)}`, {
      cause: error,
    });
  } finally {
    onLoaded();
  }
  const ready = typeof module['ready'] === 'function' ? (module['ready'] as () => unknown) : undefined;
  if (found !== undefined && !(free && listens())) return { kind: 'app', ...found, file, ready };
  const hint = free && !isMain && asksForMain(text) ? MAIN_HINT : '';
  const complaint =
    wanted === 'program'
      ? `${path} does not listen\n  It was run as a program, and has ended without a server.`
      : describeExports(module, path, exportName, wanted) + hint;
  if (exportName !== undefined || wanted === 'fetch' || wanted === 'node') throw new AppLoadError(complaint);
  const exportsApp =
    listens() && [...candidates(module, undefined)].some(([, value]) => exportsOwnApp(value));
  return { kind: 'program', file, exportsApp, complaint, ready };
}

/** A colon is part of a file's name where such a file exists. */
export function parseSpecifier(
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
    // `bin/www` is CommonJS, or what its package.json says, as for Node.
    if (extname(file) === '' || EXTENSIONS.includes(extname(file))) return;
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

/** Of one that can't be read, Node says why when it imports it. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

type Found = { readonly servable: Servable; readonly shape: AppShape; readonly exportName: string };

async function findApp(
  module: Exports,
  exportName: string | undefined,
  wanted: 'auto' | 'fetch' | 'node',
): Promise<Found | undefined> {
  for (const [name, candidate] of candidates(module, exportName)) {
    const value: unknown = await candidate;
    const shape = shapeOf(value, wanted);
    if (shape === undefined) continue;
    if (shape.prepare !== undefined) {
      return { servable: await shape.prepare(value), shape, exportName: name };
    }
    const made = await callFactory(value as Factory, name, wanted);
    if (made !== undefined) return { ...made, exportName: name };
  }
  return undefined;
}

type Factory = () => unknown;

/** A function without parameters makes an app, or is one that does not look at its request: what it returns tells. */
async function callFactory(
  factory: Factory,
  name: string,
  wanted: 'auto' | 'fetch' | 'node',
): Promise<Omit<Found, 'exportName'> | undefined> {
  const fetchShape = shapeOf(factory, 'fetch')!;
  const asFetch = { servable: { kind: 'fetch', handler: factory as never }, shape: fetchShape } as const;
  if (wanted === 'auto' && ignoresRequest(factory)) return asFetch;
  const made: unknown = await factory();
  if (wanted === 'auto' && isAnswer(made)) return asFetch;
  const shape = shapeOf(made, wanted);
  if (shape?.prepare !== undefined) return { servable: await shape.prepare(made), shape };
  // A function that starts everything returns nothing, and a server listens, or will.
  if (made === undefined) return undefined;
  throw new AppLoadError(
    `the export ${name} is a function that returned ${describeType(made)}\n  A function without parameters returns an app, or a promise of one. For a fetch handler that is not to be\n  called before the first request: --interface fetch`,
  );
}

/** A Response, or a coroutine that is to return one. */
function isAnswer(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('next' in value && Symbol.iterator in value) return true;
  return 'status' in value && 'headers' in value && 'arrayBuffer' in value;
}

function exportsOwnApp(value: unknown): boolean {
  const shape = shapeOf(value, 'auto');
  if (shape === undefined || shape.prepare === undefined) return false;
  return !(typeof value === 'object' && value !== null && 'listening' in value && value.listening === true);
}

/** The second row is CommonJS compiled from a module: its `exports.default` arrives inside the default export. */
function* candidates(module: Exports, exportName: string | undefined): Generator<readonly [string, unknown]> {
  const main = module['default'];
  if (exportName !== undefined && exportName !== 'default') {
    if (Object.hasOwn(module, exportName)) yield [exportName, module[exportName]];
    // CommonJS whose exports Node did not see in the text.
    else if (typeof main === 'object' && main !== null && Object.hasOwn(main, exportName))
      yield [exportName, Reflect.get(main, exportName)];
    return;
  }
  if (typeof main === 'object' && main !== null && '__esModule' in main && 'default' in main)
    yield ['default', main.default];
  yield ['default', main];
  if (typeof module['fetch'] === 'function') yield ['fetch', module];
}
